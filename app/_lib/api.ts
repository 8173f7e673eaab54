"use client";

import { QueryClient } from "@tanstack/react-query";
import {
  createTRPCClient,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
} from "@trpc/client";
import { createTRPCContext, createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import type { AppRouter } from "@/server/router";
import { readApiError } from "./api-error";

const URL_PATH = "/api/trpc";
const RETRIES_MAX = 3;

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

/** The API's client. Mutations go alone, since a streamed answer can set no cookie; queries of one tick share a request. */
function createApiClient() {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({ url: URL_PATH, transformer: superjson }),
        false: splitLink({
          condition: (operation) => operation.type === "mutation",
          true: httpLink({ url: URL_PATH, transformer: superjson }),
          false: httpBatchStreamLink({ url: URL_PATH, transformer: superjson, maxItems: 10 }),
        }),
      }),
    ],
  });
}

/** One cache a page. Only what the server calls retryable is tried again. */
function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < RETRIES_MAX && readApiError(error).isRetryable,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 8_000),
      },
    },
  });
}

/** The page's client and cache, and the keys of both: for what is asked before React wakes. */
export interface PageApi {
  readonly client: ReturnType<typeof createApiClient>;
  readonly queryClient: QueryClient;
  readonly options: ReturnType<typeof createTRPCOptionsProxy<AppRouter>>;
}

let pageApi: PageApi | undefined;

/** One for the whole life of a page in the browser; on the server a fresh one every time, since a cache belongs to one reader. */
export function takePageApi(): PageApi {
  if (pageApi !== undefined) return pageApi;
  const client = createApiClient();
  const queryClient = createQueryClient();
  const made = { client, queryClient, options: createTRPCOptionsProxy<AppRouter>({ client, queryClient }) };
  if (typeof window !== "undefined") pageApi = made;
  return made;
}
