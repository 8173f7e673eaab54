-- AlterTable
ALTER TABLE "Sandbox" ADD COLUMN "nextProfile" TEXT;
