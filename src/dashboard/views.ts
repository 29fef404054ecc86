// What the API answers. Types alone: nothing of the server is in the page.
import type { z } from 'zod';
import type { meViewSchema, signInViewSchema } from '../api/view-schemas.ts';

export type { ConsumerView } from '../api/control.ts';
export type { PreviewView } from '../api/preview/preview-view.ts';
export type { ReportView } from '../api/report/report-schema.ts';
export type { FindingView, VerdictView } from '../api/verdict-schemas.ts';
export type { AuditView, RolloutView } from '../api/view-schemas.ts';
export type { DifferenceView } from '../api/views/difference-view.ts';
export type { MessageView } from '../api/views/message-view.ts';
export type { PinnedPolicyView } from '../api/views/policy-view.ts';
export type { RouteView } from '../api/views/route-view.ts';
export type { StageView } from '../api/views/stages-view.ts';
export type { TrailView } from '../api/views/trail-view.ts';

export type MeView = z.infer<typeof meViewSchema>;
export type SignInView = z.infer<typeof signInViewSchema>;
