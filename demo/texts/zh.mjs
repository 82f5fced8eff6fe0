// The page's texts in Chinese.

/** @type {typeof import("./en.mjs").default} */
export default {
  page: {
    title: "hawser 演示：由 C++ 运行的 WebSocket",
    description: "这个页面的 WebSocket 由 C++ 运行，用 hawser 编译成 WebAssembly。",
    motto: "在这个页面上，WebSocket 由 C++ 运行。",
    languages: "语言",
    views: "视图",
    toSocket: "单个连接",
    toSession: "会话",
    toThreads: "线程",
    capability: "能力检测",
    notStarted: "页面的脚本还没有启动。",
    needsScript: "此页面需要 JavaScript。请允许它运行，然后重新加载。",
    canWebSocket: "可以，这个浏览器能打开 WebSocket。",
    cannotWebSocket: "不行，这个浏览器打不开 WebSocket。",
    notLoaded: "未加载",
    moduleMissing: (why) => `无法加载 C++ 模块，因此页面不能连接。${why}`,
  },
  code: {
    tabs: "视图或代码",
    view: "视图",
    code: "C++",
    from: "运行此视图的代码，取自真实文件：",
    more: "更多内容见",
    guide: "指南",
    loading: "正在加载……",
    missing: (file, why) => `无法加载 ${file}。${why}`,
  },
};
