// Checks only whether WebSocket is available.

import { canWebSocket } from "hawser";

Object.assign(globalThis, { can: canWebSocket() });
