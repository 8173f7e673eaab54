"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef } from "react";
import { readApiError } from "./api-error";
import { usePageVisible } from "./use-page-visible";

/** The first wait; each failure in a row doubles it. */
const DELAY_MS_MIN = 500;
/** The longest wait: a restarted server has its readers back this soon, and one that stays away is asked no more often. */
const DELAY_MS_MAX = 10_000;

/**
 * How long to wait before a failed subscription is tried again, after so many failures in a row before this one: between
 * half and the whole of a doubling delay, so that a room does not return as one. Null for a refusal, which would only be
 * repeated. `random` is from 0 to 1.
 */
export function resubscribeDelayMs(error: unknown, failureCount: number, random: number): number | null {
  if (!readApiError(error).isRetryable) return null;
  const delayMs = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** failureCount);
  return delayMs * (0.5 + random / 2);
}

/**
 * A subscription that lives while the page is seen and outlives the server. The browser gives an EventSource up for good
 * at the first answer that is no stream, as a proxy's 502 during a restart, and tRPC calls that an error and stops: here it
 * is tried again, at growing intervals without end, at once when the browser is online again, and, since a hidden page
 * has none, when the page is seen again. A refusal is left alone until then.
 */
export function useSteadySubscription<Output, Failure>(
  options: Parameters<typeof useSubscription<Output, Failure>>[0],
) {
  const isEnabled = usePageVisible() && options.enabled;
  const failureCount = useRef(0);
  const subscription = useSubscription({
    ...options,
    enabled: isEnabled,
    onData: (update) => {
      failureCount.current = 0;
      options.onData?.(update);
    },
  });
  const { status, error, reset } = subscription;
  useEffect(() => {
    if (!isEnabled || status !== "error") return;
    const delayMs = resubscribeDelayMs(error, failureCount.current, Math.random());
    if (delayMs === null) return;
    const retry = () => {
      failureCount.current += 1;
      reset();
    };
    const timer = setTimeout(retry, delayMs);
    window.addEventListener("online", retry);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("online", retry);
    };
  }, [isEnabled, status, error, reset]);
  return subscription;
}
