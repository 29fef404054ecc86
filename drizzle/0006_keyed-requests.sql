CREATE TABLE "keyed_requests" (
	"id" text PRIMARY KEY NOT NULL,
	"operation" text NOT NULL,
	"body_hash" text NOT NULL,
	"attempt" integer DEFAULT 1 NOT NULL,
	"claimed_until" timestamp with time zone NOT NULL,
	"seq" bigint,
	"status" integer,
	"headers" jsonb,
	"body" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "keyed_requests_created" ON "keyed_requests" USING btree ("created_at");