// What the recipes for browsers share: fonts, beside what every program has.

import fs from "node:fs";
import path from "node:path";
import { fail } from "../console.mjs";
import { run } from "./processes.mjs";
import { programRecipe } from "./programs.mjs";

/**
 * Packages that browsers depend on for what no test does: desktop sessions, configuration, icons,
 * spell checking.
 */
const ASSUMED = [
  ...[
    "libc6",
    "dpkg",
    "debconf",
    "perl",
    "perl-base",
    "adduser",
    "passwd",
    "procps",
    "sensible-utils",
    "ucf",
  ],
  ...["default-dbus-session-bus", "dbus-user-session", "dconf-gsettings-backend", "xdg-utils"],
  ...["adwaita-icon-theme", "hunspell-en-us"],
];

/**
 * Besides the fonts that a browser depends on: pages in Chinese would be boxes without this one
 * (1.6 MB).
 */
const FONTS = ["fonts-wqy-microhei"];

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string} title for people
 * @property {string[]} packages of which the first has the version that people know
 * @property {string[]} [assumed] packages that it can do without, in addition to those that no
 *   browser needs
 * @property {string} [fonts] the folder, in the prefix, to which fonts are moved; else they stay
 *   where Debian has them
 * @property {number} bytes see Recipe
 * @property {(place: Place) => string[][]} [triggers] commands that make, of what was unpacked,
 *   what dpkg would now make
 * @property {(place: Place) => Record<string, string>} scripts by name, the scripts that start its
 *   programs
 * @property {[string, ...string[]]} check a script, with arguments, that succeeds if the browser
 *   can run
 */

/**
 * @typedef {object} OfBrowsers
 * @property {string} libraries the value of LD_LIBRARY_PATH
 * @property {string} fonts the value of FONTCONFIG_FILE
 *
 * @typedef {import("./programs.mjs").Place & OfBrowsers} Place
 */

/** @param {Browser} browser */
export function browserRecipe({
  name,
  title,
  packages,
  assumed = [],
  fonts,
  bytes,
  triggers,
  scripts,
  check,
}) {
  return programRecipe({
    name,
    title,
    packages: [...packages, ...FONTS],
    assumed: [...ASSUMED, ...assumed],
    files: ["./browsers.mjs", `./${name}.mjs`],
    bytes,
    async prepare({ prefix, system }) {
      const libraries = [system, path.join(system, "pulseaudio")].join(":");
      const place = { prefix, system, libraries, fonts: writeFonts(prefix, fonts) };
      const env = { ...process.env, LD_LIBRARY_PATH: libraries };
      for (const [program, ...args] of triggers?.(place) ?? []) {
        const { isWell, errors } = await run(program, args, { env });
        if (!isWell)
          fail(`${title} could not be prepared: ${path.basename(program)} says ${errors}`);
      }
      return scripts(place);
    },
    check,
  });
}

/**
 * Writes a configuration by which a browser sees the fonts of its prefix and no others, so that
 * pages look alike everywhere. Returns its path.
 *
 * @param {string} prefix
 * @param {string} [moved] where they go
 */
function writeFonts(prefix, moved) {
  const unpacked = path.join(prefix, "usr/share/fonts");
  const folder = moved ? path.join(prefix, moved) : unpacked;
  if (moved) fs.renameSync(path.join(unpacked, "truetype"), path.join(folder, "truetype"));
  const file = path.join(prefix, "fonts.conf");
  const families = {
    serif: "DejaVu Serif",
    "sans-serif": "DejaVu Sans",
    monospace: "DejaVu Sans Mono",
  };
  const aliases = Object.entries(families).map(
    ([family, font]) =>
      `  <alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`,
  );
  const text = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    "<fontconfig>",
    `  <dir>${escapeXml(folder)}</dir>`,
    `  <cachedir>${escapeXml(path.join(prefix, "fonts-cache"))}</cachedir>`,
    ...aliases,
    // As an installed Debian draws them: without hints, text has other widths.
    '  <match target="pattern"><edit name="hintstyle" mode="append"><const>hintslight</const></edit></match>',
    "</fontconfig>",
  ];
  fs.writeFileSync(file, `${text.join("\n")}\n`);
  return file;
}

/** @param {string} text */
function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
