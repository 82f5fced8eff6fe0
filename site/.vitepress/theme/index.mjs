// The default theme, with the system's fonts, hawser's color, and a component that runs examples.

import Theme from "vitepress/theme-without-fonts";
import { words } from "../../words.mjs";
import LiveExample from "./LiveExample.vue";
import OpenDemo from "./OpenDemo.vue";
import "./style.css";

/** @type {import("vitepress").Theme} */
export default {
  extends: Theme,
  enhanceApp({ app, siteData }) {
    // Not in the configuration, because VitePress would convert it to text, and the pages' policy
    // forbids code from text.
    siteData.value.themeConfig.search.options.miniSearch = { searchOptions: { tokenize: words } };
    app.component("LiveExample", LiveExample);
    app.component("OpenDemo", OpenDemo);
  },
};
