// Opens pages in headless Chromium at two widths and prints what axe finds
// against WCAG 2.1 A and AA, a line each; nothing where nothing is wrong.
// usage: NODE_PATH=… CHROMIUM=… node axe.cjs PAGE…
const puppeteer = require('puppeteer-core');
const axe = require('axe-core');
const { pathToFileURL } = require('url');

const WIDTHS = [1280, 360];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--allow-file-access-from-files', '--disable-gpu'],
  });
  let checked = 0;
  for (const file of process.argv.slice(2)) {
    for (const width of WIDTHS) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 900 });
      await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
      await page.evaluate(axe.source);
      const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags, resultTypes: ['violations'] }), TAGS);
      for (const violation of found.violations) {
        for (const node of violation.nodes.slice(0, 5)) {
          console.log(`${file} at ${width}: ${violation.id}: ${violation.help}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}`);
        }
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflow > 0) { console.log(`${file} at ${width}: the page is ${overflow} pixels too wide`); }
      checked += 1;
      await page.close();
    }
  }
  await browser.close();
  console.error(`${checked} looked at`);
})().catch((error) => { console.error(error); process.exit(1); });
