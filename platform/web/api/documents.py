"""The documents of the API: OpenAPI as JSON and YAML, made once a process, and Swagger UI over it."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import BaseRenderer, TemplateHTMLRenderer


@require_GET
def as_json(_request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON."""
    return _given(_made(OpenApiJsonRenderer), "application/json")


@require_GET
def as_yaml(_request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as YAML."""
    return _given(_made(OpenApiYamlRenderer), "application/yaml; charset=utf-8")


class Reference(SpectacularSwaggerSplitView):
    """Swagger UI: reading, and trying out with a key of one's own."""

    url = "/api/v1/openapi.json"
    template_name = "docs/api.html"
    throttle_classes = ()
    renderer_classes = [TemplateHTMLRenderer]  # noqa: RUF012 - the library's own form


def _given(body: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@lru_cache(maxsize=2)
def _made(renderer: type[BaseRenderer]) -> bytes:
    with translation.override("en"):
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered = renderer().render(document, renderer_context={})
    return rendered if isinstance(rendered, bytes) else rendered.encode()
