/** Waits for all and counts those who failed, saying why on standard error. */
export async function outcomesOf<Value>(
  attempts: readonly Promise<Value>[],
): Promise<{ readonly succeeded: readonly Value[]; readonly failures: number }> {
  const settled = await Promise.allSettled(attempts);
  const succeeded: Value[] = [];
  for (const attempt of settled) {
    if (attempt.status === "fulfilled") succeeded.push(attempt.value);
    else console.error(attempt.reason);
  }
  return { succeeded, failures: settled.length - succeeded.length };
}
