#!/usr/bin/env node
import { program } from './entry.js';

const { main } = await program();
process.exit(await main(process.argv.slice(2)));
