/** The page at /docs: shows /openapi.json, and loads nothing else. */
export const documentsPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lutra: the HTTP API</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  summary { cursor: pointer; padding: .4rem 0; }
  code, pre { font: 14px/1.4 ui-monospace, monospace; }
  pre { overflow: auto; padding: .75rem; background: color-mix(in srgb, currentColor 8%, transparent); border-radius: .3rem; }
  .method { display: inline-block; min-width: 4.5rem; font-weight: bold; }
  details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
  details > :not(summary) { margin-left: 4.5rem; }
  table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
</style>
<h1>The HTTP API</h1>
<p id="about">Reading <a href="/openapi.json">openapi.json</a> ...</p>
<main></main>
<script>
  const make = (name, text, ...children) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  };
  const table = (rows) => make('table', '', ...rows.map((cells) => make('tr', '', ...cells.map((cell) => make('td', cell)))));
  const show = (api) => {
    const resolve = (schema) => (schema && schema.$ref ? api.components.schemas[schema.$ref.split('/').pop()] : schema);
    const schemaOf = (content) => {
      const schema = resolve(content && content['application/json'] && content['application/json'].schema);
      return schema ? [make('pre', JSON.stringify(schema, null, 2))] : [];
    };
    document.getElementById('about').textContent = api.info.description;
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const summary = make('summary', '', make('span', method.toUpperCase()), make('code', path), ' ' + operation.summary);
        summary.firstChild.className = 'method';
        const details = make('details', '', summary);
        const parameters = (operation.parameters || []).map((each) => [each.name, 'in the ' + each.in, each.description || '']);
        if (parameters.length) details.append(make('h4', 'Parameters'), table(parameters));
        if (operation.requestBody) details.append(make('h4', 'Body'), ...schemaOf(operation.requestBody.content));
        details.append(make('h4', 'Answers'), table(Object.entries(operation.responses).map(([status, each]) => [status, each.description])));
        const done = Object.entries(operation.responses).find(([status]) => status < 300);
        if (done) details.append(...schemaOf(done[1].content));
        document.querySelector('main').append(details);
      }
    }
  };
  fetch('/openapi.json').then((res) => res.json()).then(show, (error) => {
    document.getElementById('about').textContent = 'openapi.json could not be read: ' + error;
  });
</script>
</html>
`;
