import { render } from 'preact';
import './style/all.css';
import { takeUpDeeds } from './acts/left-deeds.ts';
import { App } from './app.tsx';
import { findSession } from './live/session.ts';

takeUpDeeds();
void findSession();
const root = document.getElementById('page');
if (root) render(<App />, root);
