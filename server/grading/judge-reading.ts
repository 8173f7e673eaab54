import type { CheckOf } from "../labs/check";
import type { CommandEvidence, FileEvidence, HttpAnswer, HttpEvidence } from "./evidence";
import { excerptOf, failed, listOf, passed, type Judgement } from "./judgement";
import { matchWithin } from "./match-within";

export function judgeHttp(check: CheckOf<"http">, { answers }: HttpEvidence): Judgement<"http"> {
  const where = `port ${check.port}`;
  const first = answers[0] ?? null;
  if (first === null) return failed("no-answer", `Nothing answers on ${where}.`);
  const seen = `${where} answered ${first.status}: "${excerptOf(first.body)}"`;
  if (first.status !== check.status) return failed("wrong-status", sentence(seen));
  if (!fits(check.bodyContains, check.bodyMatches, first.body)) return failed("wrong-body", sentence(seen));
  if (check.counterPattern === undefined) return passed(sentence(seen));
  return judgeCounter(check.counterPattern, { first, second: answers[1] ?? null });
}

export function describeHttp(check: CheckOf<"http">): string {
  const parts = [
    `${check.method} ${check.path} on port ${check.port} answers ${check.status}`,
    ...(check.bodyContains === undefined ? [] : [`with "${check.bodyContains}" in it`]),
    ...(check.bodyMatches === undefined ? [] : ["with the text that the step describes"]),
    ...(check.counterPattern === undefined ? [] : ["and the number in it grows with every visit"]),
  ];
  return `${listOf(parts).replace(" and and ", " and ")}.`;
}

export function judgeFile(check: CheckOf<"file">, { file }: FileEvidence): Judgement<"file"> {
  const { path } = check;
  if (check.state === "absent") {
    return file.kind === "absent" ? passed(`There is no ${path}.`) : failed("present", `${path} is there.`);
  }
  if (file.kind === "absent") return failed("absent", `There is no ${path}.`);
  if (file.kind === "folder") return failed("not-a-file", `${path} is a folder.`);
  if (!fits(check.contains, check.matches, file.text)) {
    return failed("wrong-content", `${path} has ${file.sizeBytes} bytes, but not what is asked for.`);
  }
  const mode = (file.mode & 0o7777).toString(8).padStart(3, "0");
  if (check.mode !== undefined && Number.parseInt(check.mode, 8) !== (file.mode & 0o7777)) {
    return failed("wrong-mode", `${path} has the mode ${mode}.`);
  }
  return passed(`${path} is there, with ${file.sizeBytes} bytes.`);
}

export function describeFile(check: CheckOf<"file">): string {
  if (check.state === "absent") return `There is no file ${check.path}.`;
  const parts = [
    ...(check.contains === undefined ? [] : [`holding "${excerptOf(check.contains, 80)}"`]),
    ...(check.matches === undefined ? [] : ["holding what the step describes"]),
    ...(check.mode === undefined ? [] : [`with the mode ${check.mode}`]),
  ];
  return `${[`There is a file ${check.path}`, ...parts].join(", ")}.`;
}

/** Standard error is not shown: bash quotes the check's own text in it. */
export function judgeCommand(check: CheckOf<"command">, evidence: CommandEvidence): Judgement<"command"> {
  const { exitCode, stdout } = evidence;
  if (exitCode === null) {
    return failed("timed-out", `It had not come to an end after ${check.timeoutSeconds} seconds.`);
  }
  const text = excerptOf(stdout);
  const isQuiet = text === "";
  if (exitCode !== check.exitCode) {
    return failed("wrong-exit-code", isQuiet ? "That is not so yet." : sentence(text));
  }
  if (!fits(check.outputContains, check.outputMatches, stdout)) {
    return failed("wrong-output", isQuiet ? "It printed nothing." : sentence(`It printed: ${text}`));
  }
  return passed(isQuiet ? "That is so." : sentence(text));
}

function judgeCounter(
  pattern: string,
  { first, second }: { readonly first: HttpAnswer; readonly second: HttpAnswer | null },
): Judgement<"http"> {
  if (second === null) return failed("no-answer", "The first visit was answered, the second was not.");
  const [before, after] = [first, second].map(({ body }) =>
    Number(matchWithin(pattern, body)?.[1] ?? Number.NaN),
  );
  if (before === undefined || after === undefined || Number.isNaN(before) || Number.isNaN(after)) {
    return failed("wrong-body", sentence(`There is no number in "${excerptOf(first.body)}"`));
  }
  if (after <= before) return failed("counter-stands-still", `Two visits gave ${before} and then ${after}.`);
  return passed(`Two visits gave ${before} and then ${after}.`);
}

function fits(contained: string | undefined, pattern: string | undefined, text: string): boolean {
  if (contained !== undefined && !text.includes(contained)) return false;
  return pattern === undefined || matchWithin(pattern, text) !== null;
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
