CREATE TABLE "trail" (
	"rollout_id" uuid NOT NULL,
	"look" integer NOT NULL,
	"figures" jsonb NOT NULL,
	CONSTRAINT "trail_rollout_id_look_pk" PRIMARY KEY("rollout_id","look")
);
--> statement-breakpoint
ALTER TABLE "trail" ADD CONSTRAINT "trail_rollout_id_rollouts_id_fk" FOREIGN KEY ("rollout_id") REFERENCES "public"."rollouts"("id") ON DELETE no action ON UPDATE no action;