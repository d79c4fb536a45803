ALTER TABLE "Version" ADD COLUMN "isStackConfirmed" BOOLEAN NOT NULL DEFAULT false;

-- What Skep sent to a service, and which services ever had an object: asked before each update and each removal.
CREATE INDEX "OperationStep_subjectId_idx" ON "OperationStep"("subjectId");
CREATE INDEX "OperationStep_changes_idx" ON "OperationStep" USING gin (("facts"->'changes') jsonb_path_ops)
  WHERE "name" IN ('move', 'undo');
