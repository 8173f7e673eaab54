import { runCommand } from "./run-command";

/** How this machine gets Debian packages; all of it may be empty. */
export interface HostApt {
  /** Archive of Debian itself, e.g. `http://deb.debian.org/debian`. */
  readonly mirror: string | undefined;
  readonly securityMirror: string | undefined;
  /** Lines for an apt.conf: proxies and what to do about clocks that are off. */
  readonly options: readonly string[];
}

const NO_APT: HostApt = { mirror: undefined, securityMirror: undefined, options: [] };
const APT_TIMEOUT_MS = 20_000;
/** Settings about reaching an archive. What names a file or program of this machine would mean nothing elsewhere. */
const PORTABLE =
  /^Acquire::((https?::(Proxy|Verify-Peer|Verify-Host|Timeout))|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]) "[^"]+";$/i;

/** Reads this machine's apt configuration, so that image builds use the same mirror and proxy. Empty where there is no apt. */
export async function readHostApt(): Promise<HostApt> {
  const format = "$(SITE)|$(ORIGIN)|$(LABEL)|$(COMPONENT)";
  try {
    const [targets, dump] = await Promise.all([
      runCommand(["apt-get", "indextargets", "--format", format], { timeoutMs: APT_TIMEOUT_MS }),
      runCommand(["apt-config", "dump"], { timeoutMs: APT_TIMEOUT_MS }),
    ]);
    return parseHostApt(targets, dump);
  } catch {
    return NO_APT;
  }
}

/** The pure part: `targets` are lines of site, origin, label and component; `dump` is what `apt-config dump` prints. */
export function parseHostApt(targets: string, dump: string): HostApt {
  const sources = targets
    .split("\n")
    .map((line) => line.trim().split("|"))
    .filter(([, origin, , component]) => origin === "Debian" && component === "main");
  const siteOf = (label: string): string | undefined => {
    const site = sources.find(([, , found]) => found === label)?.[0]?.replace(/\/+$/, "");
    return site !== undefined && /^https?:\/\/\S+$/.test(site) ? site : undefined;
  };
  return {
    mirror: siteOf("Debian"),
    securityMirror: siteOf("Debian-Security"),
    options: dump.split("\n").filter((line) => PORTABLE.test(line)),
  };
}

/** Build arguments for an image whose Dockerfile uses `sandbox-images/apt-install`. None of them stays in the image. */
export function aptBuildArgs(apt: HostApt): Record<string, string> {
  return {
    ...(apt.mirror === undefined ? {} : { DEBIAN_MIRROR: apt.mirror }),
    ...(apt.securityMirror === undefined ? {} : { DEBIAN_SECURITY_MIRROR: apt.securityMirror }),
    ...(apt.options.length === 0 ? {} : { APT_CONF: apt.options.join("\n") }),
    ...proxyArgs(),
  };
}

/** The engine knows these names and keeps them out of the image. */
function proxyArgs(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
