// What js/ and the exports of a module pass to each other besides numbers. js/module.js has the types.
//
// Embind would do this, too, but it registers types and converts arguments by them, with code that each page would load. The
// table of values has Embind's names, because the shim uses them.

// The modules have Emscripten's smallest runtime. What the shim needs of the usual one is here.
// prettier-ignore
{{{
  globalThis.hawserPages = true;
  null;
}}}

addToLibrary({
  // libc++'s shared_ptr brings mutexes along, and these bring signals and timers, which nothing here uses.
  _setitimer_js__deps: [],
  _setitimer_js__postset: "",
  _setitimer_js: () => 0,

  // For the runtime, in the place of the browser's: js/load.js brings the module, and reports what is wrong with it.
  $WebAssembly: '{ instantiate: (wasm, imports) => Module["instantiate"](imports) }',

  // Whether C++ has given up, for want of memory: the rest of the program must not run any more.
  $ABORT: "false",
  _abort_js__deps: ["$ABORT"],
  _abort_js: () => {
    ABORT = true;
    throw new globalThis.WebAssembly.RuntimeError("Aborted()");
  },

  $hawserValues: "[,]", // { value, uses } by handle; 0 is none
  $hawserFreeHandles: "[]", // to be used again

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

  // For C++, to keep a value beyond the call that brought it (js_value.hpp).
  page_keep_value__deps: ["$hawserValues"],
  page_keep_value__sig: "vp",
  page_keep_value: (handle) => {
    ++hawserValues[handle].uses;
  },
  page_release_value__deps: ["_emval_decref"],
  page_release_value__sig: "vp",
  page_release_value: (handle) => __emval_decref(handle),

  // Calls `use` with the handle of a value, which lasts until that returns, unless C++ keeps it.
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

  // Calls `use` with the address and the size of a copy of text or bytes, which lasts until that returns. Text becomes UTF-8.
  $hawserLend__deps: ["$hawserEncoder", "malloc", "free"],
  $hawserLend__postset: 'Module["lend"] = hawserLend;',
  $hawserLend: (data, use) => {
    const bytes = typeof data == "string" ? hawserEncoder.encode(data) : data;
    const size = bytes.length;
    // Never 0 bytes, for which there may be no address. wasm would wrap a size of 2^32.
    const address = size < 0x7fffffff && _malloc(size + 1);
    if (!address) throw new RangeError(`There is no memory for ${size} bytes.`);
    try {
      HEAPU8.set(bytes, address);
      return use(address, size);
    } finally {
      _free(address);
    }
  },

  // In place of the shim's, which is made for messages. Here these are values, and only close reasons are written.
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
