-- CreateEnum
CREATE TYPE "SandboxWork" AS ENUM ('wake', 'reset', 'resetKeepingHome');

-- CreateEnum
CREATE TYPE "SandboxStartWhat" AS ENUM ('create', 'wake', 'reset');

-- AlterTable
ALTER TABLE "Cohort" ADD COLUMN "sleepAfterMinutes" INTEGER NOT NULL DEFAULT 45;

-- AlterTable
ALTER TABLE "Sandbox" ADD COLUMN "wantedProfile" TEXT NOT NULL DEFAULT 'docker',
ADD COLUMN "hostName" TEXT,
ADD COLUMN "isReplacement" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "boundAt" TIMESTAMPTZ(3),
ADD COLUMN "sleepAfterMinutes" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "pendingWork" "SandboxWork",
ADD COLUMN "pendingSince" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "SandboxStart" (
    "id" BIGSERIAL NOT NULL,
    "profile" TEXT NOT NULL,
    "what" "SandboxStartWhat" NOT NULL,
    "durationMs" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SandboxStart_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "SandboxStart_profile_what_at_idx" ON "SandboxStart"("profile", "what", "at");

-- Claims look here, however many sandboxes there have been.
CREATE INDEX "Sandbox_pool" ON "Sandbox"("profile", "phase") WHERE "enrollmentId" IS NULL;

-- Sandboxes of the release before have their attendee already, and agents that know no binding.
UPDATE "Sandbox" SET "boundAt" = COALESCE("readyAt", "requestedAt") WHERE "phase" IN ('assigned', 'asleep');
