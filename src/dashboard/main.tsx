import { render } from 'preact';
import './style/all.css';
import { App } from './app.tsx';
import { findSession } from './live/session.ts';

void findSession();
const root = document.getElementById('page');
if (root) render(<App />, root);
