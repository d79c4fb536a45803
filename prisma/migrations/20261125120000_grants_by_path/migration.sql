-- `x` and `/run/secrets/x` are one file: of two grants of it, the one that was recorded last is true.
ALTER TABLE "Grant" ADD COLUMN "path" TEXT;
UPDATE "Grant" SET "path" = regexp_replace(
  CASE WHEN "target" LIKE '/%' THEN "target" ELSE '/run/secrets/' || "target" END, '/(\.?/)+', '/', 'g');
DELETE FROM "Grant" older USING "Grant" newer
  WHERE older."clusterId" = newer."clusterId" AND older."serviceId" = newer."serviceId" AND older."path" = newer."path"
    AND (older."recordedAt", older."id") < (newer."recordedAt", newer."id");
ALTER TABLE "Grant" ALTER COLUMN "path" SET NOT NULL;
DROP INDEX "Grant_clusterId_serviceId_target_key";
CREATE UNIQUE INDEX "Grant_clusterId_serviceId_path_key" ON "Grant"("clusterId", "serviceId", "path");
