// SPDX-License-Identifier: Apache-2.0
/** Where the page begins. */
import { render } from 'preact';
import { App } from './app.js';
import { applyTheme } from './parts/theme.js';
import { start } from './store.js';
import './styles/base.css';
import './styles/frame.css';
import './styles/fleet.css';
import './styles/lanes.css';
import './styles/subject.css';
import './styles/history.css';
import './styles/matrix.css';
import './styles/map.css';

applyTheme();
render(<App />, document.body);
start();
