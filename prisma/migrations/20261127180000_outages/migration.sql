-- Why an open operation cannot go on at this moment, and since when.
ALTER TABLE "Operation" ADD COLUMN "outage" JSONB;
