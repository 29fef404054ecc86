CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL,
	"actor" jsonb NOT NULL,
	"route" text NOT NULL,
	"rollout_id" uuid,
	"event" jsonb NOT NULL,
	"reason" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"id" integer PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "consumers" (
	"route" text NOT NULL,
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"rule" text NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consumers_route_name_pk" PRIMARY KEY("route","name")
);
--> statement-breakpoint
CREATE TABLE "evidence" (
	"rollout_id" uuid PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lease" (
	"name" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"epoch" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"message" jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	"rejected_at" timestamp with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "rollouts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"route" text NOT NULL,
	"state" jsonb NOT NULL,
	"version" integer NOT NULL,
	"active" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stables" (
	"route" text PRIMARY KEY NOT NULL,
	"stable" jsonb NOT NULL,
	"replaced_url" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_rollout_id_rollouts_id_fk" FOREIGN KEY ("rollout_id") REFERENCES "public"."rollouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_rollout" ON "audit" USING btree ("rollout_id","seq") WHERE "audit"."rollout_id" is not null;--> statement-breakpoint
CREATE INDEX "audit_route" ON "audit" USING btree ("route","seq");--> statement-breakpoint
CREATE UNIQUE INDEX "consumers_route_key" ON "consumers" USING btree ("route","key_hash");--> statement-breakpoint
CREATE INDEX "outbox_waiting" ON "outbox" USING btree ("next_at","id") WHERE "outbox"."delivered_at" is null and "outbox"."rejected_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "rollouts_active_route" ON "rollouts" USING btree ("route") WHERE "rollouts"."active";--> statement-breakpoint
CREATE INDEX "rollouts_route" ON "rollouts" USING btree ("route","id");--> statement-breakpoint
CREATE UNIQUE INDEX "tokens_hash" ON "tokens" USING btree ("hash");