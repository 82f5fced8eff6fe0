// The browser's side of the seam (seam.hpp), and the only code that touches a browser object. It
// makes no decisions: it passes on calls and events, moves bytes between JavaScript and wasm
// memory, and turns exceptions into numbers.
//
// It creates a view of wasm memory for each use and never keeps one, because growth detaches it.

#if MINIMAL_RUNTIME && !globalThis.hawserPages
#error hawser cannot work with -sMINIMAL_RUNTIME, where events cannot detect that their program has ended: leave it out
#endif
#if JSPI && JSPI_EXPORTS.some((pattern) => new RegExp(`^${pattern.replace(/\*/g, ".*")}$`).test("hawser_reserve"))
#error hawser_reserve cannot be in -sJSPI_EXPORTS: write hawser_on_* there, which are the functions that call handlers
#endif

// Code for builds whose programs can end: `what` starts or stops keeping the program alive.
{{{
  globalThis.hawserKeep = (what, isKept) => (EXIT_RUNTIME || PTHREADS ? `hawserKeep(${what}, ${isKept});` : "");
  globalThis.hawserKeepDeps = () => (EXIT_RUNTIME || PTHREADS ? '"$hawserKeep",' : "");
  null;
}}}

{{{
  globalThis.hawserPageEvents = '["online", "offline", "pageshow", "pagehide"]';
  null;
}}}

// The first two are in seam.hpp as well.
{{{
  globalThis.hawserShortText = 32;
  globalThis.hawserFullyReservedText = 0x4000;
  globalThis.hawserShortAscii = 24; // bytes
  globalThis.hawserShortWrite = 48; // UTF-16 code units
  null;
}}}

addToLibrary({
#if LTO && !WASM_EXCEPTIONS && DISABLE_EXCEPTION_CATCHING && !DISABLE_EXCEPTION_THROWING
  // For std::current_exception in task.hpp. If link-time optimisation has inlined it away, wasm-ld
  // takes the remaining reference for Emscripten's JavaScript function of the same name, and fails
  // because that function's dependencies were removed too.
  __cxa_current_primary_exception__deps: [],
#endif

  $hawserSockets: "[]", // entries { socket, pointer, timer } by handle; handles are never reused
  $hawserLastHandle: "0",
  // Undefined only in environments without WebSocket, such as audio worklets.
  $hawserEncoder: "globalThis.TextEncoder && new TextEncoder()",
  // Keeps a leading BOM, because text must arrive unchanged.
  $hawserDecoder: "globalThis.TextDecoder && new TextDecoder('utf-8', { ignoreBOM: true })",

  // Returns a view of wasm memory for Web APIs. They reject shared and resizable memory, so in that
  // case it is a copy.
  $hawserBytes: (address, size) =>
#if SHARED_MEMORY || GROWABLE_ARRAYBUFFERS
    HEAPU8.slice(address, address + size),
#else
    new Uint8Array(HEAPU8.buffer, address, size),
#endif

  $hawserDecode__deps: ["$hawserBytes", "$hawserDecoder"],
  $hawserDecode: (address, size) => {
    // Calling the decoder costs more than building a short text here. Text this short is known to
    // be valid (seam.hpp, short_text).
    if (size < {{{ hawserShortAscii }}} || (size < {{{ hawserShortText }}} && HEAPU8[address] > 127)) {
      const heap = HEAPU8;
      const end = address + size;
      const points = [];
      while (address < end) {
        let point = heap[address++];
        if (point > 127) {
          // Unrolled, because a loop over the bytes of each character is slower.
          const second = heap[address++] & 63;
          if (point < 0xe0) point = ((point & 31) << 6) | second;
          else {
            const third = heap[address++] & 63;
            if (point < 0xf0) point = ((point & 15) << 12) | (second << 6) | third;
            else {
              points.push(0xd7c0 + (((point & 7) << 8) | (second << 2) | (third >> 4)));
              point = 0xdc00 | ((third & 15) << 6) | (heap[address++] & 63);
            }
          }
        }
        points.push(point);
      }
      return String.fromCharCode(...points);
    }
    const bytes = hawserBytes(address, size);
    const text = hawserDecoder.decode(bytes);
    // The decoder replaces invalid UTF-8 with U+FFFD. Only if the result contains that, decode
    // again with a fatal decoder, which throws a TypeError for invalid text. Always using the fatal
    // one would be much slower in Node. U+FFFD is written as a number because Emscripten would
    // replace "\ufffd" with the character itself, which a page without a charset misreads as three
    // others.
    if (text.includes(String.fromCharCode(0xfffd))) new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text;
  },

  // Where the previous data was written, and how many bytes the next message may write there
  // without calling reserve (seam.hpp, hawser_on_message).
  $hawserRoom: "0",
  $hawserPlace: "0",

  $hawserReserve__deps: ["$hawserRoom", "$hawserPlace", "hawser_reserve"],
  $hawserReserve: (state, size, kept) => {
    if (!hawserRoom || size > hawserRoom || kept) {
#if MEMORY64
      hawserPlace = Number(_hawser_reserve({{{ to64("state") }}}, {{{ to64("size") }}}, {{{ to64("hawserPlace") }}}, {{{ to64("kept") }}}));
#else
      hawserPlace = _hawser_reserve(state, size, hawserPlace, kept) >>> 0;
#endif
    }
    hawserRoom = 0; // until the message's event has returned
    return hawserPlace;
  },

  // Writes `text` as UTF-8 to the memory that the socket selects. Returns its size, or -1 if there
  // is no memory.
  $hawserWriteText__deps: ["$hawserReserve", "$hawserEncoder"],
  $hawserWriteText: (state, text) => {
#if SHARED_MEMORY || GROWABLE_ARRAYBUFFERS
    const bytes = hawserEncoder.encode(text);
    const place = hawserReserve(state, bytes.length, 0);
    if (!place) return -1;
    HEAPU8.set(bytes, place);
    return bytes.length;
#else
    const length = text.length;
    // Three bytes per UTF-16 code unit are always enough, but too much for long text. One is enough
    // for ASCII.
    const room = length < {{{ hawserFullyReservedText }}} ? 3 * length : length;
    const start = hawserReserve(state, room, 0);
    if (!start) return -1;
    let place = start;
    if (length < {{{ hawserShortWrite }}}) {
      // For short text, calling encodeInto costs more than this loop.
      const heap = HEAPU8;
      for (let i = 0; i < length; ++i) {
        const point = text.codePointAt(i);
        if (point < 0x80) heap[place++] = point;
        else {
          if (point < 0x800) heap[place++] = 0xc0 | (point >> 6);
          else {
            if (point < 0x10000) heap[place++] = 0xe0 | (point >> 12);
            else {
              heap[place++] = 0xf0 | (point >> 18);
              heap[place++] = 0x80 | ((point >> 12) & 63);
              ++i;
            }
            heap[place++] = 0x80 | ((point >> 6) & 63);
          }
          heap[place++] = 0x80 | (point & 63);
        }
      }
      return place - start;
    }
    const { read, written } = hawserEncoder.encodeInto(text, HEAPU8.subarray(place, place + room));
    if (read == length) return written;
    const size = written + 3 * (length - read);
    place = hawserReserve(state, size, written);
    if (!place) return -1;
    return written + hawserEncoder.encodeInto(text.slice(read), HEAPU8.subarray(place + written, place + size)).written;
#endif
  },

#if EXIT_RUNTIME || PTHREADS
  // What keeps the program or its thread alive: connections that have not ended, and timers.
  // Counted separately from Emscripten, whose own counter is already 0 after exit().
  $hawserKept: "new Set()",
  $hawserKeep__deps: ["$hawserKept", "$keepRuntimeAlive", "$runtimeKeepalivePush", "$runtimeKeepalivePop"],
  $hawserKeep: (what, isKept) => {
    if (hawserKept.has(what) == isKept) return;
    if (isKept) {
      hawserKept.add(what);
      runtimeKeepalivePush();
    } else {
      hawserKept.delete(what);
      if (keepRuntimeAlive()) runtimeKeepalivePop();
    }
  },

  // Ends the program after an event if nothing keeps it alive any more. Waits for a microtask
  // because main() may still be running: a program's own WebSocket class can raise events inside
  // hawser's calls.
  $hawserMayEnd__deps: ["$keepRuntimeAlive", "$maybeExit"],
  $hawserMayEnd: () => {
    if (!keepRuntimeAlive()) queueMicrotask(maybeExit);
  },
#endif

#if ASYNCIFY
  // Events that wait while a handler is suspended (Asyncify, JSPI), each as a function that raises
  // it. Undefined if no handler is suspended. They wait because the handler may still read its
  // message, and because Emscripten has only one stack for all suspended calls.
  $hawserHeld: "undefined",

  // Makes the socket's events wait their turn. If the socket is released meanwhile, it has no
  // listeners left.
  $hawserHoldEvents__deps: ["$hawserHeld"],
  $hawserHoldEvents: (socket, ...names) => {
    for (const name of names) {
      const raise = socket[name];
      socket[name] = (event) => hawserHeld ? hawserHeld.push(() => socket[name]?.(event)) : raise(event);
    }
  },

  // Calls `event`. If its handler suspends, returns a promise that resolves when it has finished.
  $hawserStart__deps: ["$Asyncify"],
  $hawserStart: (event) => {
#if JSPI
    const result = event();
    return result instanceof Promise ? result : undefined; // not a promise if the export is missing from JSPI_EXPORTS
#else
    const other = Asyncify.currData; // set if main() is suspended
    event();
    return Asyncify.currData == other ? undefined : Asyncify.whenDone();
#endif
  },

  // Throws in a microtask, so that the browser reports it like an exception from an event listener.
  $hawserReport: (exception) => queueMicrotask(() => {
    throw exception;
  }),

  // Raises held events until a handler suspends again.
  $hawserRelease__deps: ["$hawserHeld", "$hawserReport",
#if EXIT_RUNTIME || PTHREADS
    "$hawserMayEnd",
#endif
#if PTHREADS
    "pthread_self",
#endif
  ],
  $hawserRelease: () => {
    const held = hawserHeld ?? [];
    hawserHeld = undefined;
    while (held.length && !hawserHeld) {
#if PTHREADS
      if (!_pthread_self()) return; // a handler has ended the thread
#endif
      try {
        held.shift()();
      } catch (exception) {
        hawserReport(exception);
      }
    }
    hawserHeld?.unshift(...held);
#if EXIT_RUNTIME || PTHREADS
    if (!hawserHeld) hawserMayEnd();
#endif
  },
#endif

  // Exceptions that C++ keeps, by number. Numbers are never reused, and 0 means none.
  $hawserExceptions: "[0]",
  $hawserKeepException__deps: ["$hawserExceptions"],
  $hawserKeepException: (exception) => hawserExceptions.push({ exception }) - 1,

#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
  // Whether this program's own C++ code threw the exception, and can therefore catch it.
#if WASM_EXCEPTIONS
  $hawserIsCpp__deps: ["$getCppExceptionTag"],
  $hawserIsCpp: (exception) => exception instanceof WebAssembly.Exception && exception.is(getCppExceptionTag()),
#else
  $hawserIsCpp: (exception) => exception instanceof CppException,
#endif
#endif

  // Passes an exception to the coroutines that await the task it escaped from. Undefined before
  // there is such a task.
  $hawserPassOn: "undefined",

  hawser_may_start_tasks__sig: "i",
#if ASYNCIFY || !WASM_EXCEPTIONS
  hawser_may_start_tasks: () => false,
  hawser_start_task: () => 0,
#else
  hawser_may_start_tasks: () => true,
  hawser_start_task__deps: ["$hawserKeepException", "$hawserIsCpp", "$stackSave", "$stackRestore", "hawser_resume_task"],
  hawser_start_task: (task) => {
    const stack = stackSave();
    try {
      _hawser_resume_task({{{ to64("task") }}});
      return 0;
    } catch (exception) {
      if (ABORT || exception === "unwind" || exception instanceof ExitStatus || hawserIsCpp(exception)) throw exception;
      stackRestore(stack); // the stack pointer was not restored by wasm code
      return hawserKeepException(exception);
    }
  },
#endif
  hawser_start_task__sig: "ip",

  hawser_watch_exceptions__deps: ["$hawserPassOn", "$hawserKeepException", "hawser_on_exception"],
  hawser_watch_exceptions__sig: "v",
  hawser_watch_exceptions: () => {
    hawserPassOn = (exception) => {
      const isEnd = exception === "unwind" || exception instanceof ExitStatus;
      return _hawser_on_exception(isEnd ? 0 : hawserKeepException(exception));
    };
  },

  hawser_exception_text__deps: ["$hawserExceptions", "$hawserEncoder"],
  hawser_exception_text__sig: "pipp",
  hawser_exception_text: (number, into, capacity) => {
    const kept = hawserExceptions[number];
    if (!kept.bytes) {
      let text = "an exception that cannot be converted to text";
      try {
        text = String(kept.exception);
      } catch (exception) {
        // An object may have no toString, or one that throws.
      }
      kept.bytes = hawserEncoder.encode(text); // once, because toString may return a different text each time
    }
    const { bytes } = kept;
    if (bytes.length <= capacity) HEAPU8.set(bytes, into);
    return bytes.length;
  },

  hawser_throw_exception__deps: ["$hawserExceptions"],
  hawser_throw_exception__sig: "vi",
  hawser_throw_exception: (number) => {
    throw hawserExceptions[number].exception;
  },

  hawser_release_exception__deps: ["$hawserExceptions"],
  hawser_release_exception__sig: "vi",
  hawser_release_exception: (number) => {
    delete hawserExceptions[number];
  },

  // Ends an event whose handler threw. The platform reports the exception, except for the two that
  // Emscripten throws to end a program or a main loop.
  $hawserThrown__deps: ["hawser_on_throw", "$stackRestore",
#if WASM_EXCEPTIONS
    "$hawserPassOn",
#endif
#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
    "$hawserIsCpp", "$decrementUncaughtExceptionCount",
#endif
#if EXIT_RUNTIME || PTHREADS
    "$hawserKept", "$hawserKeep", "exit",
#endif
#if PTHREADS
    "pthread_self",
#endif
  ],
  $hawserThrown: (exception, stack) => {
#if PTHREADS
    if (exception === "unwind" && !_pthread_self()) return; // pthread_exit has ended the thread, and its stack with it
#endif
    if (!ABORT) {
      // Makes std::uncaught_exceptions count it as caught.
#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
      const isCpp = hawserIsCpp(exception);
      if (isCpp) decrementUncaughtExceptionCount();
#endif
      stackRestore(stack); // the stack pointer was not restored by wasm code
      _hawser_on_throw();
#if WASM_EXCEPTIONS
      if (!isCpp && hawserPassOn?.(exception)) return;
#endif
    }
#if EXIT_RUNTIME || PTHREADS
    // exit() ends the program even if connections are open.
    if (!ABORT && exception instanceof ExitStatus && hawserKept.size) {
      for (const what of hawserKept) hawserKeep(what, false);
      _exit(exception.status); // throws
    }
#endif
#if JSPI
    if (exception instanceof WebAssembly.SuspendError) {
      exception = new Error("hawser: a handler suspended. Link with -sJSPI_EXPORTS=hawser_on_* to allow that", { cause: exception });
    }
#endif
#if MINIMAL_RUNTIME
    throw exception;
#else
    if (exception !== "unwind" && !(exception instanceof ExitStatus)) throw exception;
#endif
  },

  // Runs an event of the seam, unless the program has ended. Returns its result, or a promise if
  // the handler is suspended (Asyncify, JSPI).
  $hawserRaise__deps: ["$hawserThrown", "$stackSave",
#if ASYNCIFY
    "$hawserHeld", "$hawserStart", "$hawserRelease", "$hawserReport",
#endif
#if EXIT_RUNTIME || PTHREADS
    "$hawserMayEnd",
#endif
  ],
  $hawserRaise: (event) => {
    if (ABORT) return;
    const stack = stackSave();
    try {
#if ASYNCIFY
      const suspended = hawserStart(event);
      if (!suspended) return;
      hawserHeld ??= [];
      return suspended.catch((exception) => hawserThrown(exception, stack)).catch(hawserReport).then(hawserRelease);
#else
      return event();
#endif
    } catch (exception) {
      hawserThrown(exception, stack);
#if EXIT_RUNTIME || PTHREADS
    } finally {
      hawserMayEnd();
#endif
    }
  },

  // Maps an exception to a seam::Status. When the page's policy forbids a connection, Firefox
  // throws its own exception instead of a SecurityError.
  $hawserStatus: (exception) => ({ SyntaxError: 1, SecurityError: 2, NS_ERROR_CONTENT_BLOCKED: 2, InvalidAccessError: 6 })[exception?.name] ?? 5,

  // The WebSocket class to use: the environment's, or Module.WebSocket.
  $hawserWebSocket: () => Module["WebSocket"] ?? globalThis.WebSocket,

  hawser_supported__deps: ["$hawserWebSocket"],
  hawser_supported__sig: "i",
  hawser_supported: () => typeof hawserWebSocket() == "function",

  hawser_open__deps: ["$hawserSockets", "$hawserWebSocket", "$hawserLastHandle", "$hawserDecode", "$hawserWriteText", "$hawserReserve", "$hawserRaise", "$hawserStatus", {{{ hawserKeepDeps() }}}
#if ASYNCIFY
                      "$hawserHoldEvents",
#endif
                      "hawser_on_open", "hawser_on_message", "hawser_on_error", "hawser_on_close"],
  hawser_open__sig: "ippppp",
  hawser_open: (state, url, urlSize, protocols, protocolsSize) => {
    if (hawserLastHandle == 0x7fffffff) return -5;
    let socket;
    try {
      socket = new (hawserWebSocket())(hawserDecode(url, urlSize), hawserDecode(protocols, protocolsSize).split(",").slice(0, -1));
    } catch (exception) {
      return -hawserStatus(exception);
    }
    const pointer = {{{ to64("state") }}};
    socket.binaryType = "arraybuffer";
    socket.onopen = () => hawserRaise(() => _hawser_on_open(pointer));
    socket.onerror = () => hawserRaise(() => _hawser_on_error(pointer));
    socket.onclose = ({ code, reason, wasClean }) => {
      if (ABORT) return;
      const size = Math.max(hawserWriteText(state, reason), 0); // without memory, the reason is left out
      hawserRaise(() => _hawser_on_close(pointer, code, {{{ to64("hawserPlace") }}}, {{{ to64("size") }}}, wasClean));
    };
    socket.onmessage = ({ data }) => {
      if (ABORT) return;
      const isText = typeof data == "string";
      let size;
      if (isText) {
        size = hawserWriteText(state, data);
        if (size < 0) return;
      } else {
        const bytes = new Uint8Array(data);
        size = bytes.length;
        if (!hawserReserve(state, size, 0)) return;
        HEAPU8.set(bytes, hawserPlace);
      }
      const place = hawserPlace; // nested events may write elsewhere
#if ASYNCIFY
      hawserRaise(() => _hawser_on_message(pointer, {{{ to64("place") }}}, {{{ to64("size") }}}, isText));
#elif EXIT_RUNTIME || PTHREADS
      hawserRoom = hawserRaise(() => _hawser_on_message(pointer, {{{ to64("place") }}}, {{{ to64("size") }}}, isText)) | 0;
      hawserPlace = place;
#else
      const stack = stackSave();
      try {
        hawserRoom = _hawser_on_message(pointer, {{{ to64("place") }}}, {{{ to64("size") }}}, isText) | 0; // a number, whatever the export returned
        hawserPlace = place;
      } catch (exception) {
        hawserThrown(exception, stack);
      }
#endif
    };
#if ASYNCIFY
    hawserHoldEvents(socket, "onopen", "onerror", "onclose", "onmessage");
#endif
    hawserSockets[++hawserLastHandle] = { socket, pointer };
    {{{ hawserKeep("socket", true) }}}
    return hawserLastHandle;
  },

  hawser_send__deps: ["$hawserSockets", "$hawserBytes", "$hawserDecode"],
  hawser_send__sig: "iippi",
  hawser_send: (handle, address, size, isText) => {
    const { socket } = hawserSockets[handle];
    // The browser sees the peer's Close frame before it raises the close event. From then on, it
    // would drop the message silently.
    if (socket.readyState > 1) return 4;
    let data;
    try {
      data = isText ? hawserDecode(address, size) : hawserBytes(address, size);
      socket.send(data);
    } catch (exception) {
      // Without data, it was the decoder that threw: a TypeError for invalid text.
      return data === undefined && exception?.name == "TypeError" ? 3 : 5;
    }
    return 0;
  },

  // Pending promise waits, by the address of their PromiseWait. Addresses are reused, so each wait
  // is a distinct object.
  $hawserWaits: "new Map()",

#if MAIN_MODULE && !EMBIND
  // A main module links all of hawser and all of this library. Without Embind, there are no values
  // to pass to these functions.
  hawser_to_data__sig: "ppp",
  hawser_to_data: () => 0,
  hawser_release_value__sig: "vp",
  hawser_release_value: () => {},
  hawser_send_value__sig: "iip",
  hawser_send_value: () => 5,
  hawser_drop_value__sig: "vip",
  hawser_drop_value: () => {},
  hawser_receive_values__sig: "vii",
  hawser_receive_values: () => {},
  hawser_keep_exception__sig: "ip",
  hawser_keep_exception: () => 0,
  hawser_throw_value__sig: "vp",
  hawser_throw_value: () => abort(),
  hawser_await_promise__sig: "vpp",
  hawser_await_promise: () => {},
  hawser_forget_promise__sig: "vp",
  hawser_forget_promise: () => {},
#else
  hawser_to_data__deps: ["$Emval"],
  hawser_to_data__sig: "ppp",
  hawser_to_data: (value, isText) => {
    let data = Emval.toValue(value);
    const isString = typeof data == "string";
    HEAPU8[isText] = isString;
    // In brackets, as `resizable` below, because the Closure Compiler would rename properties that
    // it does not know.
    if (isString) return data["isWellFormed"]() ? Emval.toHandle(data) : 0;
    // Detects the class by one of its attributes, which also works for objects of another realm.
    const has = (name, attribute) => {
      try {
        Object.getOwnPropertyDescriptor(globalThis[name].prototype, attribute).get.call(data);
        return true;
      } catch (exception) {
        return false;
      }
    };
    try {
      // Copies shared and resizable memory, which Web APIs reject (see hawserBytes).
      if (ArrayBuffer.isView(data)) {
        const { buffer, byteOffset, byteLength } = data;
        if (buffer["resizable"] || !(buffer instanceof ArrayBuffer)) data = new Uint8Array(buffer, byteOffset, byteLength).slice();
      } else if (has("ArrayBuffer", "byteLength")) {
        if (data["resizable"]) data = data.slice();
      } else if (has("SharedArrayBuffer", "byteLength")) {
        data = new Uint8Array(data).slice();
      } else if (!has("Blob", "size")) {
        return 0;
      }
      return Emval.toHandle(data);
    } catch (exception) {
      return 0; // the buffer is detached, or too large to copy
    }
  },

  hawser_release_value__deps: ["_emval_decref"],
  hawser_release_value__sig: "vp",
  hawser_release_value: (value) => __emval_decref(value),

  hawser_send_value__deps: ["$hawserSockets", "$Emval"],
  hawser_send_value__sig: "iip",
  hawser_send_value: (handle, value) => {
    const { socket } = hawserSockets[handle];
    if (socket.readyState > 1) return 4;
    try {
      socket.send(Emval.toValue(value));
    } catch (exception) {
      return 5;
    }
    return 0;
  },

  hawser_drop_value__deps: ["$hawserSockets", "$Emval"],
  hawser_drop_value__sig: "vip",
  hawser_drop_value: (handle, value) => {
    const { socket } = hawserSockets[handle];
    try {
      if (socket.readyState > 1) socket.send(Emval.toValue(value));
    } catch (exception) {
      // By the standard, this can't throw. Nothing depends on the result.
    }
  },

  hawser_receive_values__deps: ["$hawserSockets", "$hawserRaise", "$Emval", "_emval_decref", "hawser_on_value",
#if ASYNCIFY
                                "$hawserHoldEvents",
#endif
  ],
  hawser_receive_values__sig: "vii",
  hawser_receive_values: (handle, asBlobs) => {
    const { socket, pointer } = hawserSockets[handle];
    socket.binaryType = asBlobs ? "blob" : "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (ABORT) return;
      const value = Emval.toHandle(data);
      const release = () => __emval_decref(value);
      let suspended;
      try {
        suspended = hawserRaise(() => _hawser_on_value(pointer, {{{ to64("value") }}}));
      } finally {
#if ASYNCIFY
        if (!suspended?.then(release))
#endif
          release();
      }
    };
#if ASYNCIFY
    hawserHoldEvents(socket, "onmessage");
#endif
  },

#if WASM_EXCEPTIONS || !DISABLE_EXCEPTION_CATCHING
  hawser_keep_exception__deps: ["$hawserKeepException", "$hawserIsCpp", "$Emval"],
  hawser_keep_exception: (handle) => {
    const value = Emval.toValue(handle);
    return hawserIsCpp(value) ? 0 : hawserKeepException(value);
  },
#else
  hawser_keep_exception: () => 0,
#endif
  hawser_keep_exception__sig: "ip",

  hawser_throw_value__deps: ["_emval_throw", "_emval_decref"],
  hawser_throw_value__sig: "vp",
  hawser_throw_value: (handle) => {
    try {
      __emval_throw(handle); // keeps the reference count of C++ exceptions correct
    } finally {
      __emval_decref(handle);
    }
  },

  hawser_await_promise__deps: ["$hawserWaits", "$hawserRaise", "$Emval", "hawser_on_settled", {{{ hawserKeepDeps() }}}
#if ASYNCIFY
                               "$hawserHeld",
#endif
  ],
  hawser_await_promise__sig: "vpp",
  hawser_await_promise: (state, handle) => {
    const promise = Emval.toValue(handle);
    const wait = {};
    hawserWaits.set(state, wait);
    {{{ hawserKeep("wait", true) }}}
    const settle = (result, isRejected) => {
#if ASYNCIFY
      if (hawserHeld) return hawserHeld.push(() => settle(result, isRejected));
#endif
      if (hawserWaits.get(state) != wait || ABORT) return;
      hawserWaits.delete(state);
      {{{ hawserKeep("wait", false) }}}
      const value = Emval.toHandle(result);
      hawserRaise(() => _hawser_on_settled({{{ to64("state") }}}, {{{ to64("value") }}}, isRejected));
    };
    // In its own microtask, so that an exception is reported like one from an event, not as an
    // unhandled rejection.
    const later = (isRejected) => (result) => queueMicrotask(() => settle(result, isRejected));
    (async () => promise)().then(later(false), later(true));
  },

  hawser_forget_promise__deps: ["$hawserWaits", {{{ hawserKeepDeps() }}}],
  hawser_forget_promise__sig: "vp",
  hawser_forget_promise: (state) => {
    {{{ hawserKeep("hawserWaits.get(state)", false) }}}
    hawserWaits.delete(state);
  },
#endif

  hawser_close__deps: ["$hawserSockets", "$hawserDecode", "$hawserStatus"],
  hawser_close__sig: "iiipp",
  hawser_close: (handle, code, reason, reasonSize) => {
    const { socket } = hawserSockets[handle];
    try {
      socket.close(code || undefined, reason ? hawserDecode(reason, reasonSize) : undefined);
    } catch (exception) {
      return hawserStatus(exception);
    }
    return 0;
  },

  hawser_ready_state__deps: ["$hawserSockets"],
  hawser_ready_state__sig: "ii",
  hawser_ready_state: (handle) => hawserSockets[handle].socket.readyState,

  hawser_buffered_amount__deps: ["$hawserSockets"],
  hawser_buffered_amount__sig: "di",
  hawser_buffered_amount: (handle) => hawserSockets[handle].socket.bufferedAmount,

  hawser_property__deps: ["$hawserSockets", "$hawserEncoder"],
  hawser_property__sig: "piipp",
  hawser_property: (handle, which, into, capacity) => {
    const { socket } = hawserSockets[handle];
    const bytes = hawserEncoder.encode([socket.url, socket.protocol, socket.extensions][which]);
    if (bytes.length <= capacity) HEAPU8.set(bytes, into);
    return bytes.length;
  },

  hawser_set_timer__deps: ["$hawserSockets", "$hawserRaise", "hawser_on_timer", {{{ hawserKeepDeps() }}}
#if ASYNCIFY
                           "$hawserHeld",
#endif
  ],
  hawser_set_timer__sig: "vii",
  hawser_set_timer: (handle, milliseconds) => {
    const entry = hawserSockets[handle];
    const fire = () => {
#if ASYNCIFY
      if (hawserHeld) {
        entry.timer = setTimeout(fire, 10);
        return;
      }
#endif
      {{{ hawserKeep("entry", false) }}}
      hawserRaise(() => _hawser_on_timer(entry.pointer));
    };
    clearTimeout(entry.timer);
    entry.timer = setTimeout(fire, milliseconds);
    {{{ hawserKeep("entry", true) }}}
  },

  hawser_clear_timer__deps: ["$hawserSockets", {{{ hawserKeepDeps() }}}],
  hawser_clear_timer__sig: "vi",
  hawser_clear_timer: (handle) => {
    clearTimeout(hawserSockets[handle].timer);
    {{{ hawserKeep("hawserSockets[handle]", false) }}}
  },

  hawser_ask_for_each__deps: ["$hawserRoom"],
  hawser_ask_for_each__sig: "v",
  hawser_ask_for_each: () => {
    hawserRoom = 0;
  },

  $hawserAlarm: "0",

  hawser_now__sig: "d",
  hawser_now: () => performance.now(),

  hawser_random__sig: "d",
  hawser_random: () => Math.random(),

  hawser_call__deps: ["$hawserThrown", "$stackSave", "hawser_run_call"],
  hawser_call__sig: "vp",
  hawser_call: (call) => {
    const stack = stackSave();
    try {
      _hawser_run_call({{{ to64("call") }}});
    } catch (exception) {
      // These two end the thread or the program.
      if (exception === "unwind" || exception instanceof ExitStatus) throw exception;
      try {
        hawserThrown(exception, stack);
      } catch (reported) {
        // Throws later, because an exception must not escape into Emscripten's queue of calls.
        queueMicrotask(() => {
          throw reported;
        });
      }
    }
  },

#if JSPI
  // Whether a call of this thread is suspended. Emscripten has only one stack for all suspended
  // calls: of two calls, the last one would have to resume first.
  $hawserIsSuspended: "false",
#endif
#if JSPI
  hawser_way_of_waiting__deps: ["$hawserIsSuspended"],
#endif
  hawser_way_of_waiting__sig: "i",
  hawser_way_of_waiting: () => {
#if PTHREADS
    try {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0); // returns at once, because the value differs
      return 1;
    } catch (exception) {
      // This thread must not block. It may be a browser's main thread.
    }
#endif
#if JSPI
    return hawserIsSuspended ? 0 : 2;
#else
    return 0;
#endif
  },

#if JSPI
#if !SHARED_MEMORY
  // Resumes the suspended call that waits at an address.
  $hawserResume: "{}",
#endif
  hawser_suspend__async: true,
  hawser_suspend__deps: ["$hawserIsSuspended", "$hawserHeld", {{{ hawserKeepDeps() }}}
#if !SHARED_MEMORY
    "$hawserResume",
#endif
  ],
  hawser_suspend: async (address, seen, milliseconds) => {
    {{{ hawserKeep('"call"', true) }}}
    hawserIsSuspended = true;
    try {
#if SHARED_MEMORY
      // Browsers without waitAsync poll at short intervals.
      const wait = Atomics.waitAsync?.(HEAP32, {{{ getHeapOffset("address", "i32") }}}, seen, milliseconds);
      await (wait ? wait.value : new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 4))));
#else
      await new Promise((resolve) => {
        hawserResume[address] = resolve;
        if (milliseconds < 0x7fffffff) setTimeout(resolve, milliseconds);
      });
      delete hawserResume[address];
#endif
      // Handlers that were suspended later must resume first.
      while (hawserHeld) await new Promise((resolve) => hawserHeld.push(resolve));
    } finally {
      hawserIsSuspended = false;
      {{{ hawserKeep('"call"', false) }}}
    }
  },
#else
  hawser_suspend: (address, seen, milliseconds) => {},
#endif
  hawser_suspend__sig: "vpid",

  hawser_end_suspension__sig: "vp",
#if JSPI && !SHARED_MEMORY
  hawser_end_suspension__deps: ["$hawserResume"],
  hawser_end_suspension: (address) => hawserResume[address]?.(),
#else
  hawser_end_suspension: (address) => {},
#endif

  hawser_set_alarm__deps: ["$hawserAlarm", "$hawserRaise", "hawser_on_alarm", {{{ hawserKeepDeps() }}}
#if ASYNCIFY
                           "$hawserHeld",
#endif
  ],
  hawser_set_alarm__sig: "vd",
  hawser_set_alarm: (milliseconds) => {
    const fire = () => {
#if ASYNCIFY
      if (hawserHeld) {
        hawserAlarm = setTimeout(fire, 10);
        return;
      }
#endif
      {{{ hawserKeep('"alarm"', false) }}}
      hawserRaise(_hawser_on_alarm);
    };
    clearTimeout(hawserAlarm);
    hawserAlarm = setTimeout(fire, milliseconds);
    {{{ hawserKeep('"alarm"', true) }}}
  },

  hawser_clear_alarm__deps: ["$hawserAlarm", {{{ hawserKeepDeps() }}}],
  hawser_clear_alarm__sig: "v",
  hawser_clear_alarm: () => {
    clearTimeout(hawserAlarm);
    {{{ hawserKeep('"alarm"', false) }}}
  },

#if PTHREADS
  // Stops listening to the page. Undefined if nothing listens.
  $hawserLeavePage: "undefined",
#endif

  hawser_watch_page__deps: ["$hawserRaise", "hawser_on_page",
#if PTHREADS
                            "$hawserLeavePage",
#endif
  ],
  hawser_watch_page__sig: "i",
  hawser_watch_page: () => {
    let isLeft = false; // between pagehide and pageshow
    const isOnline = () => globalThis.navigator?.onLine !== false;
    const isHidden = () => globalThis.document?.visibilityState == "hidden"; // a worker has no document
    const fire = (event) => {
#if ASYNCIFY
      if (hawserHeld) return hawserHeld.push(() => fire(event));
#endif
      if (event.type.startsWith("page")) isLeft = event.type == "pagehide";
      hawserRaise(() => _hawser_on_page(isOnline() && !isLeft, !isHidden()));
    };
    for (const name of {{{ hawserPageEvents }}}) globalThis.addEventListener?.(name, fire);
    globalThis.document?.addEventListener("visibilitychange", fire);
    if (isHidden()) setTimeout(() => fire({ type: "visibilitychange" }));
#if PTHREADS
    hawserLeavePage = () => {
      for (const name of {{{ hawserPageEvents }}}) globalThis.removeEventListener?.(name, fire);
    };
#endif
    return isOnline();
  },

  hawser_detach__deps: ["$hawserSockets", "hawser_clear_timer", {{{ hawserKeepDeps() }}}],
  hawser_detach__sig: "vi",
  hawser_detach: (handle) => {
    const { socket } = hawserSockets[handle];
    _hawser_clear_timer(handle);
    {{{ hawserKeep("socket", false) }}}
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    try {
      socket.close();
    } catch (exception) {
      // By the standard, this can't throw. Nothing depends on the result.
    }
  },

  hawser_release__deps: ["$hawserSockets", "$hawserRoom", "hawser_detach"],
  hawser_release__sig: "vi",
  hawser_release: (handle) => {
    _hawser_detach(handle);
    delete hawserSockets[handle];
    hawserRoom = 0; // if this was the last socket, its buffer is freed
  },

#if PTHREADS
  // Emscripten reuses the worker for another thread, so nothing may be left behind. The main thread
  // ends with the program.
  hawser_end_thread__deps: ["$hawserSockets", "$hawserRoom", "$hawserWaits", "$hawserLeavePage", "$hawserKept", "$hawserKeep", "hawser_detach", "hawser_clear_alarm",
#if ASYNCIFY
                            "$hawserHeld",
#endif
  ],
  hawser_end_thread__sig: "v",
  hawser_end_thread: () => {
    if (!ENVIRONMENT_IS_PTHREAD) return;
    hawserSockets.forEach((entry, handle) => _hawser_detach(handle));
    _hawser_clear_alarm();
    hawserWaits.clear();
    hawserLeavePage?.();
    hawserLeavePage = undefined;
    hawserRoom = 0;
#if ASYNCIFY
    hawserHeld = undefined;
#endif
    for (const what of hawserKept) hawserKeep(what, false);
    // Deferred, because other thread_locals may still destroy their sockets.
    queueMicrotask(() => {
      hawserSockets.length = 0;
    });
  },
#endif
});
