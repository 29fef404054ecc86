ALTER TABLE "stables" ADD COLUMN "also_replaced" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "stables" ADD COLUMN "declared_by" jsonb DEFAULT '[]'::jsonb NOT NULL;