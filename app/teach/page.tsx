import type { Metadata } from "next";
import { CohortsScreen } from "../_teach/cohorts-screen";
import { PageFrame } from "../_ui/page-frame";

export const metadata: Metadata = { title: "Cohorts" };

export default function Page() {
  return (
    <PageFrame home="/teach">
      <CohortsScreen />
    </PageFrame>
  );
}
