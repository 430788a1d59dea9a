"""The import wizard: upload, dry run, progress, result, undo. One address an import, whatever its state."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel import ids
from kernel.errors import NotFound
from web import problems
from web.middleware import Csrf

from ..decoding import LIMITS, Blocks
from ..errors import NoKeysHere, UploadRefused
from ..forms.refusals import add_problem
from ..forms.stock import LayoutForm, ReasonForm, UploadForm
from ..lines import Layout
from ..models import Product, StockBatch
from ..roles import Permission
from ..services import dryruns, imports, undoing, uploads, wake
from ..states import BatchSource, BatchState, ProductKind
from .desk import Desk, page, show
from .products import product_of
from .sealed_uploads import SealedUpload, SealingHandler

_AT_WORK = frozenset({BatchState.RECEIVED, BatchState.IMPORTING, BatchState.UNDOING})
_csrf = decorator_from_middleware(Csrf)


@csrf_exempt
def upload(request: HttpRequest, merchant: str, product: str) -> HttpResponseBase:
    """Keys come in. The form's token is checked once the file's handler is in place."""
    if request.method == "POST":
        request.upload_handlers = [SealingHandler(request)]
    return _upload(request, merchant, product)


@_csrf
@require_http_methods(["GET", "POST"])
@page(Permission.IMPORT_STOCK)
def _upload(request: HttpRequest, desk: Desk, product: str) -> HttpResponse:
    found = product_of(desk, product)
    if found.kind != ProductKind.CARD_KEYS:
        raise NoKeysHere
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = _receive(form, desk, found)
        except UploadRefused as problem:
            add_problem(form, problem, f"{problems.title(problem)} {problems.advice(problem)}")
        else:
            return _to(desk, batch)
    facts = {"form": form, "product": found, "limits": LIMITS, "megabytes": LIMITS.most_bytes // 1024**2}
    return show(request, desk, "dashboard/stock/upload.html", facts)


@require_GET
@page(Permission.VIEW_PRODUCTS)
def batch(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """An import as it stands."""
    found = _batch_of(desk, batch)
    return show(request, desk, "dashboard/stock/batch.html", _facts(desk, found))


@require_GET
@page(Permission.VIEW_PRODUCTS)
def progress(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """The part that changes while a worker is at it."""
    found = _batch_of(desk, batch)
    facts = {"desk": desk, "merchant": desk.merchant, **_facts(desk, found)}
    if request.headers.get("If-None-Match") == f'"{facts["version"]}"':
        return HttpResponseNotModified()
    return render(request, "dashboard/stock/progress.html", facts)


@require_POST
@page(Permission.IMPORT_STOCK)
def layout(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """Read the file by other columns, and do the dry run again."""
    found = _batch_of(desk, batch)
    form = LayoutForm(request.POST)
    if not form.is_valid():
        return show(request, desk, "dashboard/stock/batch.html", {**_facts(desk, found), "layout": form})
    dryruns.check(found, layout=Layout(**form.cleaned_data))
    return _to(desk, found)


@require_POST
@page(Permission.IMPORT_STOCK)
def begin(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """Yes, import it."""
    imports.begin(_batch_of(desk, batch), actor=desk.actor)
    return HttpResponseRedirect(request.path.removesuffix("begin/"))


@require_POST
@page(Permission.IMPORT_STOCK)
def cancel(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """No, forget it."""
    found = imports.cancel(_batch_of(desk, batch), actor=desk.actor)
    messages.success(request, gettext("The upload is deleted; nothing was imported."))
    return HttpResponseRedirect(
        reverse("merchants:product-stock", args=[desk.merchant.key, found.product.key])
    )


@require_POST
@page(Permission.IMPORT_STOCK)
def undo(request: HttpRequest, desk: Desk, batch: str) -> HttpResponse:
    """Have a whole import taken off the shelf again, while nothing of it is sold."""
    found = _batch_of(desk, batch)
    form = ReasonForm(request.POST, prefix="undo")
    if not form.is_valid():
        return show(request, desk, "dashboard/stock/batch.html", {**_facts(desk, found), "undo": form})
    undoing.begin(found, actor=desk.actor, reason=form.cleaned_data["reason"])
    return _to(desk, found)


def _receive(form: UploadForm, desk: Desk, product: Product) -> StockBatch:
    source = BatchSource(form.cleaned_data["source"])
    file: SealedUpload | None = form.cleaned_data["file"]
    blocks, name = _blocks(form, source, file)
    batch = uploads.receive(product, blocks, source=source, actor=desk.actor, filename=name)
    if batch.lines <= dryruns.INLINE_LINES:
        return dryruns.check(batch)
    wake.worker("merchants.check_upload", batch.id)
    return batch


def _blocks(form: UploadForm, source: BatchSource, file: SealedUpload | None) -> tuple[Blocks, str]:
    if source is BatchSource.PASTE:
        text = form.cleaned_data["text"].encode()
        return (lambda: [text]), ""
    if file is None:
        raise NotFound
    return file.blocks, str(file.name or "")


def _batch_of(desk: Desk, key: str) -> StockBatch:
    found = (
        StockBatch.objects.select_related("product", "product__store", "created_by")
        .filter(merchant=desk.merchant, pk=ids.decode("imp", key))
        .first()
    )
    if found is None:
        raise NotFound(batch=key[:40])
    return found


def _facts(desk: Desk, batch: StockBatch) -> dict[str, object]:
    checked = batch.state == BatchState.CHECKED
    is_undoing = batch.state == BatchState.UNDOING
    done, whole = (batch.voided, batch.imported) if is_undoing else (batch.chunks_done, batch.chunks)
    return {
        "batch": batch,
        "product": batch.product,
        "is_at_work": batch.state in _AT_WORK,
        "percent": 100 * done // whole if whole else 0,
        "version": f"{batch.state}-{done}",
        "kept": batch.imported - batch.voided,
        "found": dryruns.findings(batch) if checked and desk.may(Permission.IMPORT_STOCK) else None,
        "layout": LayoutForm(initial=batch.layout) if checked and batch.source == BatchSource.CSV else None,
        "undo": ReasonForm(prefix="undo") if batch.state == BatchState.IMPORTED else None,
    }


def _to(desk: Desk, batch: StockBatch) -> HttpResponse:
    return HttpResponseRedirect(reverse("merchants:batch", args=[desk.merchant.key, batch.key]))
