"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { useState, type ReactNode } from "react";
import { Toaster } from "sonner";
import { takePageApi, TRPCProvider } from "@/app/_lib/api";

/** What every screen stands on: the API's client and cache, the theme, and the place where short notices appear. */
export function Providers({ children, nonce }: { readonly children: ReactNode; readonly nonce: string }) {
  const [{ client, queryClient }] = useState(takePageApi);
  return (
    <ThemeProvider attribute="class" defaultTheme="dark" nonce={nonce} disableTransitionOnChange>
      <QueryClientProvider client={queryClient}>
        <TRPCProvider trpcClient={client} queryClient={queryClient}>
          {children}
          <Toaster
            position="bottom-left"
            gap={8}
            // Clear of the buttons at the foot of a step.
            offset={{ bottom: "4.5rem", left: "1.5rem" }}
            mobileOffset={{ bottom: "7rem" }}
            toastOptions={{
              classNames: {
                toast: "!bg-raised !text-ink !border-line-strong !rounded-lg !shadow-float !font-sans",
                description: "!text-ink-soft",
              },
            }}
          />
        </TRPCProvider>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
