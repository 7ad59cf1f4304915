import { answerText } from '../answer.ts';
import { openApiDocument } from '../openapi/document.ts';
import { documentsPage } from '../openapi/page.ts';
import type { AddResource } from '../resources.ts';

/** The API's description, for programs (/openapi.json) and for people (/docs). */
export function addDocuments(add: AddResource, urlRoot: string): void {
  let document: string | undefined; // made when first asked for: most hosts never are
  add('/openapi.json', {
    GET: (_req, res) => {
      document ??= JSON.stringify(openApiDocument(urlRoot), null, 2);
      answerText(res, 200, 'application/json', document);
    },
  });
  add('/docs', {
    GET: (_req, res) => {
      res.setHeader(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'",
      );
      answerText(res, 200, 'text/html; charset=utf-8', documentsPage);
    },
  });
}
