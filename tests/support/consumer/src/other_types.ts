// hawser's classes passed to other packages. It is compiled and never run.

import { load } from "hawser";
import { load as loadSession } from "hawser/session";
import { webSocket } from "rxjs/webSocket";
import { WebSocket as UndiciWebSocket } from "undici";
import { WebSocket as WsWebSocket } from "ws";

const { WebSocket } = await load({ WebSocket: UndiciWebSocket });
const { Session } = await loadSession({ WebSocket: UndiciWebSocket });

const feed = webSocket<string>({ url: "wss://example.org/feed", WebSocketCtor: WebSocket });
feed.subscribe((message) => message.length);
webSocket({ url: "wss://example.org/feed", WebSocketCtor: Session });

// @ts-expect-error it behaves unlike a browser's
await load({ WebSocket: WsWebSocket });
