import { formatCode } from "./protocol";

export interface StartBanner {
  readonly publicUrl: string;
  /** The demo cohorts, the one for everybody first. */
  readonly demos: readonly { readonly code: string; readonly workshopTitle: string }[];
  /** Path of the one-time link that makes the first instructor; null once there is one. */
  readonly setupPath: string | null;
  /** How many sandboxes fit, if all are of that kind; null where there are none with a cluster. */
  readonly capacity: { readonly docker: number; readonly kubernetes: number | null };
  readonly isolation: string;
  /** Labs that could not be loaded, one line each. */
  readonly labProblems: readonly string[];
}

function capacityWords({ docker, kubernetes }: StartBanner["capacity"]): string {
  const withCluster = kubernetes === null ? "" : `, or ${kubernetes} with a Kubernetes cluster each`;
  return `up to ${docker} at once${withCluster}`;
}

/** What the person who typed `npm start` needs next. */
export function describeStart(banner: StartBanner): string {
  const rows = [
    ["Open", banner.publicUrl],
    ...banner.demos.map(({ code, workshopTitle }, index) => [
      index === 0 ? "Join code" : "or",
      `${formatCode(code)}   (${workshopTitle})`,
    ]),
    banner.setupPath === null
      ? ["Instructors", `${banner.publicUrl}/sign-in`]
      : ["Instructor link", `${banner.publicUrl}${banner.setupPath}   (works once)`],
    ["Sandboxes", `${capacityWords(banner.capacity)}, isolation "${banner.isolation}"`],
  ];
  const width = Math.max(...rows.map(([name]) => name?.length ?? 0)) + 2;
  const lines = rows.map(([name, value]) => `  ${(name ?? "").padEnd(width)}${value ?? ""}`);
  const problems = banner.labProblems.map((problem) => `  ! lab left out: ${problem}`);
  return `\n  Slipway is ready\n\n${[...lines, ...problems].join("\n")}\n\n  Ctrl-C stops it; sandboxes keep their files.\n\n`;
}
