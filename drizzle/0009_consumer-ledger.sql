CREATE TABLE "consumer_days" (
	"route" text NOT NULL,
	"day" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"version" text NOT NULL,
	"requests" bigint NOT NULL,
	"errors" bigint NOT NULL,
	"client_errors" bigint NOT NULL,
	"latency" jsonb NOT NULL,
	"first_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	CONSTRAINT "consumer_days_route_day_kind_name_key_hash_version_pk" PRIMARY KEY("route","day","kind","name","key_hash","version")
);
--> statement-breakpoint
CREATE TABLE "consumers_seen" (
	"route" text NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"first_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	CONSTRAINT "consumers_seen_route_kind_name_key_hash_pk" PRIMARY KEY("route","kind","name","key_hash")
);
--> statement-breakpoint
CREATE TABLE "ledger_writers" (
	"writer" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "consumer_days_day" ON "consumer_days" USING btree ("day");