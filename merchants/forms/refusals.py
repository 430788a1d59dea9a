"""Showing a service's refusal beside what was typed."""

from django import forms

from kernel.errors import Problem


def add_problem(form: forms.BaseForm, problem: Problem, title: str) -> None:
    """Show a refusal beside what was typed; sentences by field go to their fields."""
    errors = problem.context.get("errors")
    if not isinstance(errors, dict):
        form.add_error(None, title)
        return
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, sentences)
