import type { Metadata } from "next";
import { SetupScreen } from "../_accounts/setup-screen";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Set up" };

export default function Page() {
  return (
    <PageFrame>
      <SetupScreen />
    </PageFrame>
  );
}
