"""The interface's words in French, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ui.access_texts import ACCESS_TEXTS
from ui.ask_texts import ASK_TEXTS
from ui.compare_texts import COMPARE_TEXTS
from ui.evaluate_texts import EVALUATE_TEXTS

InterfaceLanguage = Literal["fr", "en", "zh"]
INTERFACE_LANGUAGES: tuple[InterfaceLanguage, ...] = ("fr", "en", "zh")
OWN_NAMES: Mapping[str, str] = {"fr": "Français", "en": "English", "zh": "中文"}

# Questions to click; each is shown while the library holds the sample article that answers it.
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("De quel oiseau s’inspire le nez du Shinkansen de la série 500 ?", "high-speed-trains.en.md"),
    ("Pourquoi l’empereur Puyi a-t-il fait scier des seuils dans la Cité interdite ?", "bicycle.zh.md"),
    ("Which doctor from Marseille realised that coral is an animal and not a plant?", "coral-reefs.fr.md"),
    ("How many stone lions have been counted on the Lugou Bridge in Beijing?", "bridges.zh.md"),
    ("英国下午茶的习惯通常认为是哪位公爵夫人开创的？", "tea.en.md"),
    ("1895年卢米埃尔兄弟在巴黎大咖啡馆首次放映电影时有多少观众？", "early-cinema.fr.md"),
)

TEXTS: Mapping[str, tuple[str, str, str]] = {
    # key: French, English, Chinese
    "app": ("Questions en trois langues", "Questions in three languages", "三语问答"),
    "ask": ("Demander", "Ask", "提问"),
    "library": ("Bibliothèque", "Library", "资料库"),
    "tagline": (
        "Posez une question en français, en anglais ou en chinois : la réponse est cherchée dans les trois langues.",
        "Ask in French, English or Chinese: the answer is looked for in all three languages.",
        "用法语、英语或中文提问，系统会在三种语言的文章中寻找答案。",
    ),
    "opening": ("Ouverture de la bibliothèque…", "Opening the library…", "正在打开资料库……"),
    "loading": (
        "Les modèles se chargent encore, {seconds} s",
        "The models are still loading, {seconds} s",
        "模型仍在加载，已用 {seconds} 秒",
    ),
    "loading_words": (
        "Mots seuls : les modèles se chargent encore, {seconds} s",
        "Words only: the models are still loading, {seconds} s",
        "仅按词语检索：模型仍在加载，已用 {seconds} 秒",
    ),
    "failed_words": (
        "Mots seuls : les modèles n’ont pas pu être chargés.",
        "Words only: the models could not be loaded.",
        "仅按词语检索：模型无法加载。",
    ),
    "retry": ("Réessayer", "Try again", "重试"),
    "server_away": (
        "Le serveur de la bibliothèque ne répond pas pour le moment. Rien n’est perdu.",
        "The library’s server does not answer at the moment. Nothing is lost.",
        "资料库服务器暂时没有响应。已保存的内容没有丢失。",
    ),
    "tries_again": (
        "Cette page réessaie toutes les {seconds} secondes.",
        "This page tries again every {seconds} seconds.",
        "本页面每 {seconds} 秒自动重试一次。",
    ),
    "question": ("Votre question", "Your question", "您的问题"),
    "placeholder": (
        "Une question sur vos {count} articles…",
        "A question about your {count} articles…",
        "向 {count} 篇文章提问……",
    ),
    "search": ("Chercher", "Search", "搜索"),
    "examples": ("Par exemple", "For example", "例如"),
    "filters": ("Filtres", "Filters", "筛选"),
    "question_language": ("Langue de la question", "Language of the question", "问题的语言"),
    "automatic": ("Auto", "Auto", "自动"),
    "detected": ("Question en {language}", "Question in {language}", "问题语言：{language}"),
    "passage_languages": ("Langues des passages", "Languages of the passages", "段落的语言"),
    "articles": ("Articles", "Articles", "文章"),
    "all": ("Tous", "All", "全部"),
    "limit": ("Nombre de résultats", "Number of results", "结果数量"),
    "within": ("Répondre en", "Answer within", "回答时限"),
    "within_usual": ("habituel", "usual", "默认"),
    "within_depth": (
        "{depth} passages reclassés, {seconds} s prévues sur cette machine",
        "{depth} passages reranked, {seconds} s predicted on this machine",
        "重排 {depth} 个段落，本机预计 {seconds} 秒",
    ),
    "searching": ("Recherche…", "Searching…", "正在搜索……"),
    "nothing": (
        "Rien de pertinent n’a été trouvé. Les passages les plus proches :",
        "Nothing relevant was found. The nearest passages:",
        "没有找到相关内容。以下是最接近的段落：",
    ),
    "no_hits": ("Aucun passage trouvé.", "No passage was found.", "没有找到任何段落。"),
    "empty": (
        "La bibliothèque est vide. Ajoutez des fichiers à la page Bibliothèque.",
        "The library is empty. Add files on the Library page.",
        "资料库是空的。请在“资料库”页面添加文件。",
    ),
    "answer": ("Réponse", "Answer", "答案"),
    "best_sentence": ("Phrase la plus proche", "Nearest sentence", "最接近的句子"),
    "score": ("Score", "Score", "得分"),
    "ranks": ("Rang", "Rank", "名次"),
    "bm25": ("mots", "words", "词语"),
    "dense": ("sens", "meaning", "语义"),
    "fused": ("fusion", "fused", "融合"),
    "reranked": ("final", "final", "最终"),
    "open_article": ("Voir dans l’article", "Show in article", "在文章中查看"),
    "close_article": ("Refermer l’article", "Close the article", "收起文章"),
    "seconds": (
        "{total} s ({predicted} s prévues), dont mots {bm25} ms, sens {dense} ms, classement {rerank} ms, "
        "lecture {read} ms",
        "{total} s ({predicted} s predicted), of which words {bm25} ms, meaning {dense} ms, ranking {rerank} ms, "
        "reading {read} ms",
        "共 {total} 秒（预计 {predicted} 秒）：词语 {bm25} 毫秒，语义 {dense} 毫秒，"
        "排序 {rerank} 毫秒，阅读 {read} 毫秒",
    ),
    "seconds_words": ("mots {bm25} ms", "words {bm25} ms", "词语 {bm25} 毫秒"),
    "models": ("modèles : {names}", "models: {names}", "模型：{names}"),
    "upload": (
        "Ajouter des articles en français, anglais ou chinois",
        "Add articles in French, English or Chinese",
        "添加法语、英语或中文文章",
    ),
    "upload_help": (
        "Un fichier de même nom remplace l’ancien. Formats : {formats}",
        "A file with the same name replaces the older one. Formats: {formats}",
        "同名文件会替换旧文件。支持的格式：{formats}",
    ),
    "upload_limits": (
        "Au plus {files} fichiers à la fois, de {file_size} Mo et {seconds} s de lecture chacun ; "
        "{pages} pages par PDF, {characters:,} caractères par article ; "
        "archives : {unpacked_size} Mo une fois décompressées, {members} fichiers, {ratio} fois leur taille, "
        "{depth} niveau(x).",
        "At most {files} files at once, each of {file_size} MB and read in {seconds} s; {pages} pages a PDF, "
        "{characters:,} characters an article; archives: {unpacked_size} MB unpacked, {members} files, "
        "{ratio} times their packed size, {depth} level(s).",
        "一次最多 {files} 个文件，每个不超过 {file_size} MB、读取不超过 {seconds} 秒；每个 PDF 最多 {pages} 页，"
        "每篇文章最多 {characters:,} 个字符；"
        "压缩包解压后不超过 {unpacked_size} MB、{members} 个文件、原大小的 {ratio} 倍、{depth} 层。",
    ),
    "too_many_files": (
        "{count} fichiers choisis, {limit} au plus à la fois : retirez-en et ajoutez-les ensuite.",
        "{count} files are chosen, at most {limit} can be added at once: take some away and add them afterwards.",
        "已选择 {count} 个文件，一次最多 {limit} 个：请先移除一部分，稍后再添加。",
    ),
    "more_failures": (
        "{name} : et {count} autres erreurs",
        "{name}: and {count} more errors",
        "{name}：另有 {count} 个错误",
    ),
    "add": ("Ajouter à la bibliothèque", "Add to the library", "加入资料库"),
    "no_files": (
        "Choisissez d’abord des fichiers et attendez qu’ils soient envoyés.",
        "Choose files first, and wait until they are uploaded.",
        "请先选择文件，并等待上传完成。",
    ),
    "adding": ("{passages} passages enregistrés…", "{passages} passages stored…", "已存入 {passages} 个段落……"),
    "added": ("{name} : ajouté", "{name}: added", "{name}：已添加"),
    "replaced": ("{name} : remplacé", "{name}: replaced", "{name}：已替换"),
    "unchanged": (
        "{name} : déjà là, inchangé",
        "{name}: already there, unchanged",
        "{name}：已存在，无变化",
    ),
    "counts": (
        "{articles} articles, {passages} passages",
        "{articles} articles, {passages} passages",
        "{articles} 篇文章，{passages} 个段落",
    ),
    "title": ("Titre", "Title", "标题"),
    "file": ("Fichier", "File", "文件"),
    "language": ("Langue", "Language", "语言"),
    "also_in": ("Aussi en", "Also in", "其他语言版本"),
    "passages": ("Passages", "Passages", "段落数"),
    "date": ("Ajouté le", "Added", "添加时间"),
    "delete_hint": (
        "Cochez des lignes pour supprimer des articles.",
        "Tick rows to delete articles.",
        "勾选行可删除文章。",
    ),
    "delete": ("Supprimer ({count})", "Delete ({count})", "删除（{count}）"),
    "confirm_title": ("Supprimer des articles", "Delete articles", "删除文章"),
    "confirm": (
        "Supprimer définitivement {count} article(s) de la bibliothèque ?",
        "Delete {count} article(s) from the library for good?",
        "确定要从资料库中永久删除 {count} 篇文章吗？",
    ),
    "cancel": ("Annuler", "Cancel", "取消"),
    "deleted": ("{count} article(s) supprimé(s)", "{count} article(s) deleted", "已删除 {count} 篇文章"),
    "fr": ("français", "French", "法语"),
    "en": ("anglais", "English", "英语"),
    "zh": ("chinois", "Chinese", "中文"),
    "other": ("autre langue", "another language", "其他语言"),
    **ACCESS_TEXTS,
    **ASK_TEXTS,
    **EVALUATE_TEXTS,
    **COMPARE_TEXTS,
}


def text(interface: InterfaceLanguage, key: str, **values: object) -> str:
    """Return an interface text in a language, its {names} filled in."""
    return TEXTS[key][INTERFACE_LANGUAGES.index(interface)].format(**values)


def preferred_language(locale: str | None) -> InterfaceLanguage:
    """Return the interface language for a browser's locale such as `fr-CA`; English for all others."""
    code = (locale or "").lower().split("-")[0]
    return next((language for language in INTERFACE_LANGUAGES if language == code), "en")
