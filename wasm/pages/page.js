// Passes text, bytes and values between js/ and the exports of a module. js/module.js has the
// types.
//
// Embind could do this, but every page would have to load its code for registering types and
// converting arguments. The table of values uses Embind's names, because the shim does.

// The modules use Emscripten's smallest runtime. This adds what the shim needs from the usual one.
// prettier-ignore
{{{
  globalThis.hawserPages = true;
  null;
}}}

addToLibrary({
  // libc++'s shared_ptr pulls in mutexes, and these pull in signals and timers, which nothing here
  // uses.
  _setitimer_js__deps: [],
  _setitimer_js__postset: "",
  _setitimer_js: () => 0,

  // Replaces the browser's WebAssembly in the runtime: js/load.js provides the module, and reports
  // what is wrong with it.
  $WebAssembly: '{ instantiate: (wasm, imports) => Module["instantiate"](imports) }',

  // Whether C++ has aborted because memory ran out. The program must not run any more after that.
  $ABORT: "false",
  _abort_js__deps: ["$ABORT"],
  _abort_js: () => {
    ABORT = true;
    throw new globalThis.WebAssembly.RuntimeError("Aborted()");
  },

  $hawserValues: "[,]", // entries { value, uses } by handle; 0 means none
  $hawserFreeHandles: "[]", // handles to reuse

  $Emval__deps: ["$hawserValues", "$hawserFreeHandles", "$WebAssembly", "$ABORT"],
  $Emval: {
    toValue: (handle) => hawserValues[handle].value,
    toHandle: (value) => {
      const handle = hawserFreeHandles.pop() ?? hawserValues.length;
      hawserValues[handle] = { value, uses: 1 };
      return handle;
    },
  },

  _emval_decref__deps: ["$hawserValues", "$hawserFreeHandles"],
  _emval_decref: (handle) => {
    if (--hawserValues[handle].uses) return;
    delete hawserValues[handle];
    hawserFreeHandles.push(handle);
  },

  // Lets C++ keep a value beyond the call that passed it (js_value.hpp).
  page_keep_value__deps: ["$hawserValues"],
  page_keep_value__sig: "vp",
  page_keep_value: (handle) => {
    ++hawserValues[handle].uses;
  },
  page_release_value__deps: ["_emval_decref"],
  page_release_value__sig: "vp",
  page_release_value: (handle) => __emval_decref(handle),

  // Calls `use` with a handle for the value. The handle is valid during that call, and longer only
  // if C++ keeps it.
  $hawserLendValue__deps: ["$Emval", "_emval_decref"],
  $hawserLendValue__postset: 'Module["lendValue"] = hawserLendValue;',
  $hawserLendValue: (value, use) => {
    const handle = Emval.toHandle(value);
    try {
      return use(handle);
    } finally {
      __emval_decref(handle);
    }
  },

  // Calls `use` with the address and size of a copy of text or bytes. The copy exists during that
  // call. Text becomes UTF-8.
  $hawserLend__deps: ["$hawserEncoder", "malloc", "free"],
  $hawserLend__postset: 'Module["lend"] = hawserLend;',
  $hawserLend: (data, use) => {
    const bytes = typeof data == "string" ? hawserEncoder.encode(data) : data;
    const size = bytes.length;
    // Allocates at least one byte, because an empty allocation may have no address. wasm would
    // truncate a size of 2^32.
    const address = size < 0x7fffffff && _malloc(size + 1);
    if (!address) throw new RangeError(`There is no memory for ${size} bytes.`);
    try {
      HEAPU8.set(bytes, address);
      return use(address, size);
    } finally {
      _free(address);
    }
  },

  // Replaces the shim's version, which is optimised for messages. Here messages are values, and
  // only close reasons are written.
  $hawserWriteText__deps: ["$hawserReserve", "$hawserEncoder"],
  $hawserWriteText: (state, text) => {
    const bytes = hawserEncoder.encode(text);
    if (!hawserReserve(state, bytes.length, 0)) return -1;
    HEAPU8.set(bytes, hawserPlace);
    return bytes.length;
  },

  // Returns text from an export.
  page_return_text__deps: ["$hawserDecode", "$hawserLend", "$hawserLendValue"],
  page_return_text__sig: "vpp",
  page_return_text: (text, size) => {
    Module["returned"] = hawserDecode(text, size);
  },
});
