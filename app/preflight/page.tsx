import type { Metadata } from "next";
import { PreflightScreen } from "../_join/preflight-screen";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Browser test" };

export default function Page() {
  return (
    <PageFrame>
      <PreflightScreen />
    </PageFrame>
  );
}
