// Checks only whether WebSocket is available.

import { canWebSocket } from "hawser/session";

Object.assign(globalThis, { can: canWebSocket() });
