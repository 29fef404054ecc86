ALTER TABLE "consumers" ADD COLUMN "group" text;--> statement-breakpoint
ALTER TABLE "consumers" ADD COLUMN "wave" integer;--> statement-breakpoint
ALTER TABLE "consumers" ADD COLUMN "due" text;--> statement-breakpoint
ALTER TABLE "consumers" ADD COLUMN "contact" text;