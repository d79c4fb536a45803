-- What has leaked is asked for with every secret: emergencies are few among many operations.
CREATE INDEX "Operation_emergencies" ON "Operation" ("clusterId") WHERE "kind" = 'rotate-emergency';
