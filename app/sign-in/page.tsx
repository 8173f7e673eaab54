import type { Metadata } from "next";
import { SignInScreen } from "../_accounts/sign-in-screen";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Sign in" };

export default function Page() {
  return (
    <PageFrame>
      <SignInScreen />
    </PageFrame>
  );
}
