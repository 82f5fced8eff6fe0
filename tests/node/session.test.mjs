// The class Session in Node; tests/browser has the same in browsers.

import { describeInNode } from "../session/in_node.mjs";
import { sections } from "../session/sections.mjs";

await describeInNode("the class Session", sections);
