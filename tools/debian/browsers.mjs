// What the recipes for browsers share. A browser of the suite that this system runs is unpacked into a prefix with all
// its libraries and fonts, and a script there starts it with them. Of the system it uses only the C library, which a
// program can't bring along without its loader, and which every program of the same suite can use.

import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { privateApt, upstreamVersion } from "./apt.mjs";
import { run } from "./processes.mjs";
import { architecture, systemSources, systemSuite } from "./system.mjs";
import { unpack } from "./unpack.mjs";

/** Packages that browsers depend on for what no test does: desktop sessions, configuration, icons, spell checking. */
const ASSUMED = [
  ...["libc6", "dpkg", "debconf", "perl", "perl-base", "adduser", "passwd", "procps", "sensible-utils", "ucf"],
  ...["default-dbus-session-bus", "dbus-user-session", "dconf-gsettings-backend", "xdg-utils"],
  ...["adwaita-icon-theme", "hunspell-en-us"],
];

/** Besides the fonts that a browser depends on: pages in Chinese would be boxes without this one (1.6 MB). */
const FONTS = ["fonts-wqy-microhei"];

/**
 * @typedef {object} Browser
 * @property {string} name
 * @property {string} title for people
 * @property {string[]} packages of which the first has the version that people know
 * @property {string[]} [assumed] packages that it can do without, in addition to those that no browser needs
 * @property {string} [fonts] the folder, in the prefix, to which fonts are moved; else they stay where Debian has them
 * @property {number} bytes see Recipe
 * @property {(place: Place) => string[][]} [triggers] commands that make, of what was unpacked, what dpkg would now make
 * @property {(place: Place) => Record<string, string>} scripts by name, the scripts that start its programs
 * @property {[string, ...string[]]} check a script, with arguments, that ends well if the browser can run
 */

/**
 * Where a prefix keeps what the scripts in it need.
 *
 * @typedef {object} Place
 * @property {string} prefix
 * @property {string} system the folder of libraries
 * @property {string} libraries the value of LD_LIBRARY_PATH
 * @property {string} fonts the value of FONTCONFIG_FILE
 */

/**
 * @param {Browser} browser
 * @returns {import("./cache.mjs").Recipe}
 */
export function browserRecipe({ name, title, packages, assumed = [], fonts, bytes, triggers, scripts, check }) {
  const suite = systemSuite();
  return {
    name: `${name}-${suite}`,
    title,
    files: ["./apt.mjs", "./system.mjs", "./unpack.mjs", "./browsers.mjs", `./${name}.mjs`],
    bytes,
    async make(prefix, downloads) {
      const { triple } = await architecture();
      const sources = await systemSources();
      const apt = privateApt(downloads, { title, sources, assumed: [...ASSUMED, ...assumed] });
      step(`reading Debian ${suite}'s package lists (some 10 MB)`);
      await apt.update();
      /** @type {(all: import("./apt.mjs").Package[]) => string} */
      const version = (all) => upstreamVersion(all, packages[0]);
      const all = await apt.download([...packages, ...FONTS], (all) => `${title} ${version(all)}`);
      await unpack(all, prefix);
      const system = path.join(prefix, "usr/lib", triple);
      const libraries = [system, path.join(system, "pulseaudio")].join(":");
      const place = { prefix, system, libraries, fonts: writeFonts(prefix, fonts) };
      const env = { ...process.env, LD_LIBRARY_PATH: libraries };
      for (const [program, ...args] of triggers?.(place) ?? []) {
        const { isWell, errors } = await run(program, args, { env });
        if (!isWell) fail(`${title} could not be prepared: ${path.basename(program)} says ${errors}`);
      }
      for (const [name, text] of Object.entries(scripts(place))) writeScript(path.join(prefix, name), text);
      const [program, ...args] = check;
      const { isWell, errors } = await run(path.join(prefix, program), args);
      if (!isWell) fail(`${title} was unpacked, and does not run: ${errors}`);
      return { [title]: version(all) };
    },
  };
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeScript(file, text) {
  fs.writeFileSync(file, `#!/bin/sh\n${text}`);
  fs.chmodSync(file, 0o755);
}

/**
 * Writes a configuration by which a browser sees the fonts of its prefix and no others, so that pages look alike
 * everywhere. Returns its path.
 *
 * @param {string} prefix
 * @param {string} [moved] where they go
 */
function writeFonts(prefix, moved) {
  const unpacked = path.join(prefix, "usr/share/fonts");
  const folder = moved ? path.join(prefix, moved) : unpacked;
  if (moved) fs.renameSync(path.join(unpacked, "truetype"), path.join(folder, "truetype"));
  const file = path.join(prefix, "fonts.conf");
  const families = { serif: "DejaVu Serif", "sans-serif": "DejaVu Sans", monospace: "DejaVu Sans Mono" };
  const aliases = Object.entries(families).map(
    ([family, font]) => `  <alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`,
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

/**
 * `text` as one word of a shell.
 *
 * @param {string} text
 */
export function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
