-- When a version was last seen to have the value of the one at its source, without having been made of it.
ALTER TABLE "Version" ADD COLUMN "agreedAt" TIMESTAMPTZ(3);
