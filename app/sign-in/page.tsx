import type { Metadata } from "next";
import { SignInScreen } from "../_accounts/sign-in-screen";
import { wordsOfReturn, type ReturnQuery } from "../_accounts/sign-in-words";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page({ searchParams }: { readonly searchParams: Promise<ReturnQuery> }) {
  return (
    <PageFrame>
      <SignInScreen returnWords={wordsOfReturn(await searchParams)} />
    </PageFrame>
  );
}
