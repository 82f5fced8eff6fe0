// VitePress's configuration of the site: sidebar, search and languages.

import fs from "node:fs";
import path from "node:path";
import { defineConfig } from "vitepress";
import { pagesFolder, root, sourcePages, withPolicy } from "../build.mjs";
import { HEADERS, OTHERS, PARTS } from "../contents.mjs";
import { linksOfRepository, slug } from "../links.mjs";
import * as cpp from "../reference_cpp.mjs";
import { spacedHtml } from "../words.mjs";

const { repository, version } = JSON.parse(
  fs.readFileSync(path.join(root, "package.json"), "utf8"),
);
const url = repository.url.replace(/^git\+|\.git$/g, "");
const pages = sourcePages();
const hasChinese = [...pages.values()].some((page) => page.startsWith("zh/"));

/** The heading of a page, as plain text. @param {string} page */
function titleOf(page) {
  const [, title] = /^# (.*)$/m.exec(fs.readFileSync(path.join(pagesFolder, page), "utf8")) ?? [];
  return title.replaceAll(/[`*]/g, "");
}

/** @param {string} page */
const item = (page) => ({
  text: /(^|\/)index\.md$/.test(page) ? (page === "index.md" ? "Overview" : "概览") : titleOf(page),
  link: `/${page.replace(/(index)?\.md$/, "")}`,
});

/**
 * The sidebar. In Chinese, pages that are not translated link to the English ones.
 *
 * @param {"" | "zh/"} folder
 */
function sidebar(folder) {
  const isChinese = folder === "zh/";
  const known = new Set(pages.values());
  const [guides, reference, internals] = PARTS.map(({ title, zh, pages }) => ({
    text: isChinese ? zh : title,
    items: pages.map((name) =>
      item(known.has(`${folder}${name}.md`) ? `${folder}${name}.md` : `${name}.md`),
    ),
  }));
  return [
    { text: "hawser", items: [item(`${folder}index.md`), item("live.md")] },
    guides,
    { ...reference, items: [...reference.items, ...symbols] },
    internals,
    { text: isChinese ? "项目" : "Project", items: Object.values(OTHERS).map(item) },
  ];
}

/** The pages of the C++ and JavaScript reference. */
const symbols = [
  {
    text: "C++",
    collapsed: true,
    items: Object.entries(HEADERS).map(([text, names]) => ({
      text,
      collapsed: false,
      items: names.map((name) => item(`reference/cpp/${cpp.pageOf(`${name}.hpp`)}`)),
    })),
  },
  {
    text: "JavaScript",
    collapsed: true,
    items: fs
      .readdirSync(path.join(pagesFolder, "reference/js"))
      .map((name) => item(`reference/js/${name}`)),
  },
];

const nav = [
  { text: "Guides", link: `/${PARTS[0].pages[0]}` },
  { text: "Reference", link: "/reference/cpp/web_socket" },
  { text: "Live", link: "/live" },
  { text: "Demo", link: "/demo" },
  { text: version, link: "/changelog" },
];

export default defineConfig({
  srcDir: pagesFolder,
  cacheDir: path.join(root, "build/site/cache"),
  title: "hawser",
  description: "The WebSocket runtime for C++ in the browser",
  metaChunk: true, // otherwise, each page would contain a script that its policy must allow
  locales: {
    root: { label: "English", lang: "en" },
    ...(hasChinese && {
      zh: {
        label: "简体中文",
        lang: "zh-CN",
        description: "面向浏览器中 C++ 程序的 WebSocket 运行时",
        themeConfig: {
          nav: nav
            .slice(0, -1)
            .map((one, index) => ({ ...one, text: ["指南", "参考", "示例", "演示"][index] })),
          sidebar: sidebar("zh/"),
          outline: { level: [2, 3], label: "本页目录" },
          docFooter: { prev: "上一页", next: "下一页" },
          darkModeSwitchLabel: "主题",
          lightModeSwitchTitle: "切换到浅色模式",
          darkModeSwitchTitle: "切换到深色模式",
          sidebarMenuLabel: "目录",
          returnToTopLabel: "回到顶部",
          langMenuLabel: "语言",
        },
      },
    }),
  },
  head: [
    [
      "link",
      {
        rel: "icon",
        href: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%230a6b70'/%3E%3Cpath d='M3 12 7 4M7 12l4-8M11 12l2-4' stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E",
      },
    ],
  ],
  vite: { build: { chunkSizeWarningLimit: 4_000 } }, // in kB; the search index is loaded when it is first used
  markdown: {
    anchor: { slugify: slug },
    config: (markdown) => linksOfRepository(markdown, { root, pages, repository: url }),
  },
  themeConfig: {
    nav,
    sidebar: sidebar(""),
    outline: { level: [2, 3] },
    i18nRouting: false, // most pages have no translation
    socialLinks: [{ icon: "github", link: url }],
    search: {
      provider: "local",
      options: {
        _render: (source, env, markdown) => spacedHtml(markdown.render(source, env)),
        locales: {
          zh: {
            translations: {
              button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
              modal: {
                noResultsText: "没有找到结果",
                resetButtonTitle: "清除",
                displayDetails: "显示详情",
                footer: { selectText: "选择", navigateText: "切换", closeText: "关闭" },
              },
            },
          },
        },
      },
    },
  },
  transformHtml: withPolicy,
});
