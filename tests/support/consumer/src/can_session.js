// Asks no more than whether there is a WebSocket.

import { canWebSocket } from "hawser/session";

Object.assign(globalThis, { can: canWebSocket() });
