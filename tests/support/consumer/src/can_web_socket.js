// Asks no more than whether there is a WebSocket.

import { canWebSocket } from "hawser";

Object.assign(globalThis, { can: canWebSocket() });
