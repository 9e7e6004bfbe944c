"""The words of the Evaluate page in French, English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

EVALUATE_TEXTS: Mapping[str, tuple[str, str, str]] = {
    # key: French, English, Chinese
    "evaluate": ("Évaluer", "Evaluate", "评测"),
    "ev_tagline": (
        "Mesurez la recherche sur vos documents : à quel rang chaque étape place-t-elle l’article qui répond ?",
        "Measure the search on your documents: at which rank does each stage put the article that answers?",
        "用您自己的文档检验搜索：每个阶段把含有答案的文章排在第几位？",
    ),
    "ev_source": ("Questions", "Questions", "问题来源"),
    "ev_write": ("Écrire", "Write", "填写"),
    "ev_file": ("Fichier", "File", "文件"),
    "ev_samples": ("Exemples", "Samples", "示例"),
    "ev_samples_help": (
        "{count} questions fournies avec les articles d’exemple.",
        "{count} questions that come with the sample articles.",
        "示例文章附带的 {count} 个问题。",
    ),
    "ev_feedback": ("Mes pouces", "My thumbs", "我的评价"),
    "ev_feedback_help": (
        "Questions dont vous avez approuvé un passage : {count}. L’article de ce passage est le bon.",
        "Questions with a thumb up for a passage: {count}. That passage’s article is the right one.",
        "您曾点赞过段落的问题：{count} 个。该段落所在的文章即为正确文章。",
    ),
    "ev_upload": ("Fichier de questions", "File of questions", "问题文件"),
    "ev_upload_help": (
        "CSV ou JSONL (question, article ou passage, réponse) sur votre bibliothèque ; ou un jeu de données complet : "
        "fichier SQuAD (.json), dossier BEIR (.zip).",
        "CSV or JSONL (question, article or passage, answer) about your library; or a whole data set: "
        "a SQuAD file (.json), a BEIR folder (.zip).",
        "针对资料库的 CSV 或 JSONL（问题、文章或段落、答案）；或完整数据集：SQuAD 文件（.json）、BEIR 文件夹（.zip）。",
    ),
    "ev_read": ("{count} questions lues.", "{count} questions read.", "已读取 {count} 个问题。"),
    "ev_left_out": (
        "{count} sans réponse, écartées.",
        "{count} without an answer, left out.",
        "其中 {count} 个没有答案，已略去。",
    ),
    "ev_question": ("Question", "Question", "问题"),
    "ev_article": ("Article qui y répond", "Article that answers it", "含有答案的文章"),
    "ev_passage": (
        "Passage exact (facultatif)",
        "Exact passage (optional)",
        "具体段落（可选）",
    ),
    "ev_answer": ("Réponse (facultatif)", "Answer (optional)", "答案（可选）"),
    "ev_add": ("Ajouter la question", "Add the question", "添加问题"),
    "ev_clear": ("Tout effacer", "Clear all", "全部清除"),
    "ev_incomplete": (
        "Il faut une question, et un article ou un passage.",
        "A question is needed, and an article or a passage.",
        "请填写问题，并选择文章或填写段落。",
    ),
    "ev_written": ("Mes questions", "My questions", "我的问题"),
    "ev_stages": ("Étapes", "Stages", "阶段"),
    "ev_bm25": ("Mots", "Words", "词语"),
    "ev_dense": ("Sens", "Meaning", "语义"),
    "ev_fused": ("Fusion", "Fused", "融合"),
    "ev_reranked": ("Reclassé", "Reranked", "重排"),
    "ev_answers": ("Comparer aussi les réponses marquées", "Compare the marked answers too", "同时比较标出的答案"),
    "ev_run": ("Évaluer", "Evaluate", "开始评测"),
    "ev_phase_index": (
        "{name} : indexation {done}/{total}",
        "{name}: indexing {done}/{total}",
        "{name}：索引 {done}/{total}",
    ),
    "ev_phase_encode": (
        "{name} : lecture des questions {done}/{total}",
        "{name}: reading the questions {done}/{total}",
        "{name}：读取问题 {done}/{total}",
    ),
    "ev_phase_ask": (
        "{name} : questions {done}/{total}",
        "{name}: questions {done}/{total}",
        "{name}：问题 {done}/{total}",
    ),
    "ev_cancelled": ("Évaluation annulée.", "Evaluation cancelled.", "评测已取消。"),
    "ev_kept": ("Évaluations conservées", "Kept evaluations", "已保存的评测"),
    "ev_label": (
        "{name} · {questions} questions · {date}",
        "{name} · {questions} questions · {date}",
        "{name} · {questions} 个问题 · {date}",
    ),
    "ev_among": (
        "{questions} questions, {documents} articles ou passages",
        "{questions} questions, {documents} articles or passages",
        "{questions} 个问题，{documents} 篇文章或段落",
    ),
    "ev_view": ("Vue", "View", "视图"),
    "ev_figures": ("Mesures", "Figures", "指标"),
    "ev_pairs": ("Langues", "Languages", "语言"),
    "ev_ranks": ("Rangs", "Ranks", "名次"),
    "ev_worst": ("Pires questions", "Worst questions", "最差问题"),
    "ev_compare": ("Comparer", "Compare", "比较"),
    "ev_published": ("Publiés", "Published", "已发表"),
    "ev_stage": ("Étape", "Stage", "阶段"),
    "ev_interval": (
        "Sous chaque valeur, son intervalle à 95 % (bootstrap sur les questions). Rangs à partir de 1 ; le reste en %.",
        "Below each value its 95 % interval (bootstrap over questions). Ranks count from 1; all else is in percent.",
        "每个数值下方是 95% 区间（对问题自助抽样）。名次从 1 起，其余为百分比。",
    ),
    "ev_answer_line": (
        "Réponses marquées : {exact} % exactes, F1 {f1} % ({count} réponses connues).",
        "Marked answers: {exact} % exact, F1 {f1} % ({count} known answers).",
        "标出的答案：完全一致 {exact}%，F1 {f1}%（已知答案 {count} 个）。",
    ),
    "ev_measure": ("Mesure", "Measure", "指标"),
    "ev_question_in": ("Question", "Question", "问题"),
    "ev_passage_in": ("Article", "Article", "文章"),
    "ev_pairs_alt": (
        "{measure} par langue de question et d’article, pour chaque étape",
        "{measure} by language of question and article, for each stage",
        "各阶段按问题语言和文章语言的 {measure}",
    ),
    "ev_rank": ("Rang du bon article", "Rank of the right article", "正确文章的名次"),
    "ev_share": ("Part des questions (%)", "Share of questions (%)", "问题占比（%）"),
    "ev_ranks_alt": (
        "Répartition des rangs pour chaque étape",
        "Distribution of the ranks for each stage",
        "各阶段的名次分布",
    ),
    "ev_worst_rank": ("rang {rank}", "rank {rank}", "第 {rank} 名"),
    "ev_worst_missed": ("pas trouvé", "not found", "未找到"),
    "ev_none_wrong": (
        "Le bon article est premier à chaque question.",
        "The right article comes first for every question.",
        "每个问题的正确文章都排在第一。",
    ),
    "ev_first": ("Cette évaluation, étape", "This evaluation, stage", "本次评测的阶段"),
    "ev_other": ("Comparée à", "Compared with", "对比的评测"),
    "ev_second": ("Étape de l’autre", "Stage of the other", "对方的阶段"),
    "ev_no_shared": (
        "Les deux évaluations n’ont aucune question en commun.",
        "The two evaluations share no question.",
        "两次评测没有共同的问题。",
    ),
    "ev_difference": (
        "Différence de {measure} : {difference} points sur {questions} questions communes ({differing} diffèrent).",
        "Difference in {measure}: {difference} points over {questions} shared questions ({differing} differ).",
        "{measure} 相差 {difference} 个百分点，共同问题 {questions} 个（{differing} 个不同）。",
    ),
    "ev_significant": (
        "Significative : p = {p} (test de permutation apparié).",
        "Significant: p = {p} (paired randomisation test).",
        "差异显著：p = {p}（配对随机化检验）。",
    ),
    "ev_by_chance": (
        "Peut être due au hasard : p = {p} (test de permutation apparié).",
        "May be chance: p = {p} (paired randomisation test).",
        "可能出于偶然：p = {p}（配对随机化检验）。",
    ),
    "ev_differs": ("Ce qui diffère", "What differs", "不同之处"),
    "ev_differs_1": (
        "Les textes français sont une autre traduction : aucune page ne nomme la sienne.",
        "The French texts are another translation: no page names theirs.",
        "法语文本是另一个译本：原页面没有说明所用译文。",
    ),
    "ev_differs_2": (
        "BM25 : aucune page ne dit ses mots, k1 ni b ; le découpage en mots pèse plus que l’écart entre la plupart "
        "des modèles.",
        "BM25: no page tells its tokens, k1 or b; tokens alone move BM25 more than most models differ.",
        "BM25：原页面没有说明分词、k1 和 b；仅分词的影响就超过多数模型之间的差距。",
    ),
    "ev_differs_3": (
        "Ici, des paragraphes ex æquo ont leur rang moyen, et un long paragraphe vaut par son meilleur passage ; "
        "les pages n’en disent rien.",
        "Tied paragraphs have their mean rank here, and a long paragraph stands where its best passage does; "
        "the pages say neither.",
        "这里并列段落取平均名次，长段落按其最好的片段排名；原页面对此均未说明。",
    ),
    "ev_differs_4": (
        "La page v1 compte environ 6000 questions. Un tiret : chiffre que nous n’avons pas pu lire ; E5-base et "
        "STS-CamemBERT manquent pour cela.",
        "The v1 page counts about 6000 questions. A dash is a figure we could not read; E5-base and STS-CamemBERT are "
        "missing for that reason.",
        "v1 页面约有 6000 个问题。短横线表示未能读到的数值；E5-base 和 STS-CamemBERT 因此缺失。",
    ),
    "ev_delete": ("Supprimer cette évaluation", "Delete this evaluation", "删除此评测"),
}
