"""The words of the question page's tools: journeys, other recipes, export, feedback."""

from __future__ import annotations

from collections.abc import Mapping

ASK_TEXTS: Mapping[str, tuple[str, str, str]] = {
    # key: French, English, Chinese
    "tools": ("Comprendre ce résultat", "Understand this result", "了解这个结果"),
    "tool_journey": ("Parcours", "Journey", "排名轨迹"),
    "tool_whatif": ("Et si…", "What if", "假如"),
    "tool_why": ("Pourquoi pas lui ?", "Why not here?", "为何未出现"),
    "tool_export": ("Exporter", "Export", "导出"),
    "stage_axis": ("étape", "stage", "阶段"),
    "rank_axis": ("rang", "rank", "名次"),
    "journey_help": (
        "Une ligne par passage : son rang selon les mots, selon le sens, après fusion, puis au classement final. "
        "En gris, les passages classés qui ne sont pas affichés.",
        "One line a passage: its rank by words, by meaning, after fusion, and in the final order. "
        "In grey, ranked passages that are not shown.",
        "每条线代表一个段落：按词语、按语义、融合后以及最终的名次。灰色为已排序但未显示的段落。",
    ),
    "rank_alt": (
        "Rangs de {count} passages à chaque étape ; les mêmes chiffres figurent sous chaque passage.",
        "Ranks of {count} passages at each stage; the same figures stand below each passage.",
        "{count} 个段落在各阶段的名次；相同的数字列在每个段落下方。",
    ),
    "leave_out": ("Se passer de", "Leave out", "去掉"),
    "without_bm25": ("mots", "words", "词语"),
    "without_dense": ("sens", "meaning", "语义"),
    "without_reranked": ("reclassement", "reranking", "重排"),
    "lexical_weight": (
        "Poids des mots ; le sens a le reste",
        "Weight of words; meaning has the rest",
        "词语权重（其余归语义）",
    ),
    "rerank_depth": ("Passages reclassés", "Passages reranked", "重排的段落数"),
    "whatif_help": (
        "L’ordre change aussitôt, à partir des étapes déjà calculées ; aucun modèle n’est relancé.",
        "The order changes at once, from the stages already computed; no model runs again.",
        "顺序根据已计算的各阶段立即改变，不会再次运行模型。",
    ),
    "whatif_on": (
        "Ordre d’essai : ce n’est pas celui de la recherche.",
        "Trial order: not the one of the search.",
        "试验排序：与原搜索不同。",
    ),
    "whatif_unread": (
        "{count} passage(s) reclassé(s) ici n’ont pas été lus par le reclasseur : ils comptent zéro pour lui.",
        "{count} passage(s) reranked here were not read by the reranker: it gives them zero.",
        "其中 {count} 个段落未经重排模型阅读，其得分按零计算。",
    ),
    "whatif_no_answer": (
        "Passage pas encore lu : aucune réponse n’y a été cherchée.",
        "Not read yet: no answer was looked for in this passage.",
        "尚未阅读此段落，未查找答案。",
    ),
    "reset": ("Revenir à la recherche", "Back to the search", "恢复原排序"),
    "why_article": (
        "Quel article attendiez-vous ?",
        "Which article did you expect?",
        "您期待哪篇文章？",
    ),
    "choose": ("Choisissez un article", "Choose an article", "请选择文章"),
    "shown": ("Il est affiché, au rang {rank}.", "It is shown, at rank {rank}.", "已显示，名次为 {rank}。"),
    "below_cut": (
        "Classé jusqu’au bout, mais plus bas que les {count} passages affichés.",
        "Ranked to the end, but below the {count} passages shown.",
        "参与了全部排序，但位于所显示的 {count} 个段落之后。",
    ),
    "lost_reranking": (
        "Perdu au reclassement : il aurait été affiché avant, et ne l’est plus après.",
        "Lost in reranking: it would have been shown before, and is not after.",
        "在重排中落选：重排前本可显示，重排后则不然。",
    ),
    "lost_fusion": (
        "Perdu à la fusion : au-delà des {depth} premiers, les seuls à être reclassés.",
        "Lost in fusion: past the first {depth}, the only ones to be reranked.",
        "在融合中落选：未进入参与重排的前 {depth} 名。",
    ),
    "never_retrieved": (
        "Jamais trouvé : ni les mots ni le sens ne l’ont amené parmi les candidats.",
        "Never retrieved: neither words nor meaning brought it among the candidates.",
        "从未检索到：词语和语义都没有将它列为候选。",
    ),
    "filtered_out": (
        "Écarté par les filtres choisis.",
        "Left out by the chosen filters.",
        "被所选的筛选条件排除。",
    ),
    "link": (
        "Adresse de cette question avec ses réglages, à copier",
        "Address of this question with its settings, to copy",
        "此问题及其设置的链接（可复制）",
    ),
    "same_in": ("La même chose en {language}", "The same in {language}", "{language}的相应内容"),
    "export_report": ("Rapport (HTML)", "Report (HTML)", "报告（HTML）"),
    "export_json": ("Tout (JSON)", "Everything (JSON)", "全部数据（JSON）"),
    "export_trec": ("Classement (TREC)", "Run (TREC)", "排序（TREC）"),
    "pool": ("Tous les candidats", "All candidates", "全部候选"),
    "recipe": ("Recette du classement", "Recipe of the order", "排序方式"),
    "settings": ("Réglages", "Settings", "设置"),
    "versions": ("Versions", "Versions", "版本"),
}
