"""Words of the login, of what readers may not do, and of failed uploads: French, English, Chinese."""

from __future__ import annotations

from collections.abc import Mapping

ACCESS_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "sign_in": ("Se connecter", "Sign in", "登录"),
    "sign_in_with": ("Se connecter avec {provider}", "Sign in with {provider}", "用 {provider} 登录"),
    "sign_in_why": (
        "Cette bibliothèque est réservée aux personnes connectées.",
        "This library is for people who have signed in.",
        "此资料库仅供已登录的人员使用。",
    ),
    "sign_out": ("Se déconnecter", "Sign out", "退出登录"),
    "signed_in_reader": ("{name} · lecture", "{name} · reader", "{name} · 读者"),
    "signed_in_editor": ("{name} · édition", "{name} · editor", "{name} · 编辑"),
    "readers_only": (
        "Vous pouvez lire et poser des questions ; seules les personnes chargées de l’édition ajoutent et suppriment.",
        "You can read and ask; only editors add and delete.",
        "您可以阅读和提问；只有编辑可以添加和删除。",
    ),
    "happened": ("Envois échoués ({count})", "Failed uploads ({count})", "上传失败（{count}）"),
    "happened_help": (
        "Ce qui n’a pas pu être ajouté, et pourquoi ; gardé jusqu’à ce que vous l’effaciez.",
        "What could not be added, and why; kept until you dismiss it.",
        "未能添加的文件及原因；在您清除之前一直保留。",
    ),
    "happened_when": ("Quand", "When", "时间"),
    "happened_who": ("Qui", "Who", "上传者"),
    "happened_why": ("Pourquoi", "Why", "原因"),
    "dismiss": ("Effacer cette liste", "Dismiss", "清除"),
}
