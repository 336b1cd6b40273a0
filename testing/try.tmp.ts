import { chromium } from 'playwright';
import { serveFolder } from '/work/wt/lab/examples/lab/test/static-server.ts';
const server = await serveFolder('/work/wt/lab/examples/lab/dist');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--use-angle=swiftshader','--enable-unsafe-swiftshader','--enable-unsafe-webgpu','--use-webgpu-adapter=swiftshader','--enable-features=Vulkan'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.on('console', (m) => console.log('console', m.text().slice(0, 300)));
page.on('pageerror', (e) => console.log('pageerror', e.message));
await page.goto(server.url);
await page.getByLabel('Runs on').nth(0).selectOption(process.argv[2] ?? 'wasm');
await page.getByLabel('Steps in all').nth(0).fill('200');
await page.getByRole('button', { name: 'Start run A' }).click();
for (let i = 0; i < 20; i++) {
  await new Promise((r) => setTimeout(r, 1000));
  const s = await page.locator('.run-a .summary').first().innerText();
  console.log(s.replace(/\n/g, ' | '), '::', await page.locator('.run-a .status').innerText(), await page.locator('.run-a .message').innerText());
  if (/step 200 of/.test(s)) break;
}
await page.screenshot({ path: '/tmp/lab.png', fullPage: true });
await browser.close(); await server.close();
