// @ts-check
/**
 * Finds what the machine must have beside Node: a Chromium, and a Vulkan driver for WebGPU in Node.
 * The tests, the start script and the screenshots share it, so that all use one browser and one set
 * of flags.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { chromium } from "playwright";

const isRoot = process.getuid?.() === 0;

/**
 * True if tests run on the machine's own GPU. Otherwise Linux uses SwiftShader, which computes the
 * same everywhere.
 */
export const wantsHardware = process.env.RADAPT_GPU === "hardware" || process.platform !== "linux";

/**
 * Flags for a headless Chromium that has a WebGPU adapter and connects only to the page's own
 * server.
 */
export const chromiumFlags = [
  ...(isRoot ? ["--no-sandbox"] : []),
  "--enable-unsafe-webgpu",
  ...(wantsHardware ? [] : ["--use-webgpu-adapter=swiftshader"]),
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * @param {string} name
 * @returns {string | undefined} path of the executable in PATH
 */
function which(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** @returns {string[]} where browsers usually are on this system */
function usualPlaces() {
  if (process.platform === "darwin") {
    const apps = [
      "Google Chrome.app/Contents/MacOS/Google Chrome",
      "Chromium.app/Contents/MacOS/Chromium",
      "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ];
    return ["/Applications", join(homedir(), "Applications")].flatMap((root) => apps.map((app) => join(root, app)));
  }
  if (process.platform === "win32") {
    const roots = [process.env.ProgramFiles, process.env["ProgramFiles(x86)"], process.env.LOCALAPPDATA];
    const apps = ["Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe"];
    const edge = "Microsoft/Edge/Application/msedge.exe";
    return [...apps, edge].flatMap((app) => roots.filter((root) => root !== undefined).map((root) => join(root, app)));
  }
  const names = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser"];
  return names.map(which).filter((path) => path !== undefined);
}

/**
 * Finds an installed browser: CHROME_PATH, then a system-wide one, then Playwright's.
 * @returns {{ path: string, origin: string } | null}
 */
export function findBrowser() {
  const asked = process.env.CHROME_PATH;
  if (asked) {
    if (existsSync(asked)) return { path: asked, origin: "CHROME_PATH" };
    throw new Error(`CHROME_PATH is ${asked}, but there is no such file. Correct it or unset it.`);
  }
  const installed = usualPlaces().find((path) => existsSync(path));
  if (installed) return { path: installed, origin: "installed" };
  const own = chromium.executablePath();
  return existsSync(own) ? { path: own, origin: "Playwright's" } : null;
}

/**
 * @returns {string} path of an installed browser; throws an error that says what to do if there is
 *   none
 */
export function requireBrowser() {
  const browser = findBrowser();
  if (browser) return browser.path;
  throw new Error(
    "No Chrome or Chromium found. Install one (Debian: apt-get install chromium), set CHROME_PATH, " +
      "or run: npx playwright install chromium",
  );
}

/**
 * @param {string[]} packages
 * @returns {boolean} true if Debian's packages are now installed
 */
function installDebian(packages) {
  if (!isRoot || !which("apt-get")) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env });
  apt("update", "-q");
  return apt("install", "-q", "-y", "--no-install-recommends", ...packages).status === 0;
}

/**
 * Finds a browser or installs one: Playwright's, else Debian's package if the user is root. Reports
 * what it did.
 * @param {(line: string) => void} say
 * @returns {string} path of the browser
 */
export function ensureBrowser(say) {
  const here = findBrowser();
  if (here) {
    say(`Browser: ${here.path} (${here.origin})`);
    return here.path;
  }
  say("Browser: none found; trying Playwright's …");
  const env = { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: "10000" };
  const playwright = (/** @type {string} */ what) =>
    spawnSync("npx", ["playwright", what, "chromium"], {
      stdio: "ignore",
      env,
      timeout: 300_000,
      shell: process.platform === "win32",
    });
  const got = playwright("install");
  if (got.status === 0 && isRoot) playwright("install-deps");
  if (got.status !== 0) {
    say("Browser: Playwright's could not be had; trying Debian's package chromium …");
    installDebian(["chromium", "fonts-dejavu-core"]);
  }
  const path = requireBrowser();
  say(`Browser: ${path} (just installed)`);
  return path;
}

/**
 * @returns {boolean} true if this Linux system has the Vulkan loader, which Dawn opens at run time
 */
function hasVulkanLoader() {
  try {
    return execFileSync(which("ldconfig") ?? "/sbin/ldconfig", ["-p"], { encoding: "utf8" }).includes("libvulkan.so.1");
  } catch {
    return true; // Not a glibc system: let Dawn say what is missing.
  }
}

/**
 * Makes sure that WebGPU in Node can load Vulkan on Linux. Other systems bring Metal or Direct3D.
 * @param {(line: string) => void} say
 */
export function ensureVulkanLoader(say) {
  if (process.platform !== "linux" || hasVulkanLoader()) return;
  say("Vulkan loader: none found; trying Debian's package libvulkan1 …");
  if (!installDebian(["libvulkan1"])) throw new Error("No Vulkan loader. Debian: apt-get install libvulkan1");
}

/**
 * Vulkan drivers on which tests can run WebGPU in Node. VK_ICD_FILENAMES takes `icd`; null leaves
 * the choice to the system.
 * @param {string} browserPath
 * @returns {{ name: string, icd: string | null }[]}
 */
export function vulkanDrivers(browserPath) {
  if (wantsHardware) return [{ name: "this machine's GPU", icd: null }];
  const folders = [dirname(browserPath), "/usr/lib/chromium", "/opt/google/chrome", dirname(chromium.executablePath())];
  const swiftshader = folders.map((folder) => join(folder, "vk_swiftshader_icd.json")).find((path) => existsSync(path));
  const drivers = swiftshader ? [{ name: "SwiftShader", icd: /** @type {string | null} */ (swiftshader) }] : [];
  const lavapipe = ["lvp_icd.json", "lvp_icd.x86_64.json"]
    .map((file) => join("/usr/share/vulkan/icd.d", file))
    .find((path) => existsSync(path));
  if (lavapipe && mesaVersion() >= 25) drivers.push({ name: "lavapipe", icd: lavapipe });
  // If there is no known driver, uses the system's own. The adapter test says what to do if there
  // is none.
  return drivers.length > 0 ? drivers : [{ name: "the system's Vulkan driver", icd: null }];
}

/**
 * @returns {number} major version of Debian's Mesa Vulkan drivers; 0 if unknown. Before version 25
 *   lavapipe computes wrong results.
 */
function mesaVersion() {
  const status = "/var/lib/dpkg/status";
  if (!existsSync(status)) return 0;
  const entry = readFileSync(status, "utf8")
    .split("\n\n")
    .find((text) => text.startsWith("Package: mesa-vulkan-drivers\n"));
  return Number(/^Version: (?:\d+:)?(\d+)\./m.exec(entry ?? "")?.[1] ?? 0);
}
